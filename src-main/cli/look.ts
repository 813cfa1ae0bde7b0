import { styleText } from 'node:util';
import { Command } from 'commander';
import type { EngineClient } from '../contract/wire.ts';
import { exitCodes, printJson, reportFailure } from './shared.ts';

function lookCommand(
  resources: string,
  name: string,
  description: string,
  look: (engine: EngineClient, json: boolean) => Promise<number>,
): Command {
  return new Command(name)
    .description(description)
    .option('--json', 'as JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      try {
        const { withEngine } = await import('./engine.ts');
        process.exitCode = await withEngine(resources, (engine) => look(engine, json));
      } catch (thrown) {
        process.exitCode = reportFailure(thrown, json);
      }
    });
}

export function devicesCommand(resources: string): Command {
  return lookCommand(
    resources,
    'devices',
    'the OpenVINO that was found, and what it runs on',
    async (engine, json) => {
      const { runtime, devices } = await engine.call('engine.info', {});
      if (json) printJson({ runtime, devices });
      else if (!runtime) console.log('No OpenVINO was found. Run: refinery doctor');
      else {
        console.log(`OpenVINO ${runtime.version} (${runtime.implementation}, ${runtime.source})`);
        for (const { id, fullName, capabilities } of devices) {
          console.log(`${id.padEnd(6)} ${fullName}  ${styleText('dim', capabilities.join(' '))}`);
        }
      }
      return runtime ? exitCodes.good : exitCodes.someFailed;
    },
  );
}

export function modelsCommand(resources: string): Command {
  return lookCommand(resources, 'models', 'the networks there are', async (engine, json) => {
    const { models } = await engine.call('models.list', {});
    if (json) printJson({ models });
    else {
      for (const { entry, status } of models) {
        const state =
          status.state === 'ready' ? styleText('green', 'ready ') : styleText('dim', status.state);
        console.log(`${state} ${entry.id.padEnd(38)} x${entry.interface.scale}  ${entry.summary}`);
      }
    }
    return exitCodes.good;
  });
}

export function doctorCommand(resources: string): Command {
  return lookCommand(
    resources,
    'doctor',
    'what was found, what is missing, what to do',
    async (engine, json) => {
      const { findings } = await engine.call('engine.doctor', {});
      if (json) printJson({ findings });
      else {
        const marks = {
          good: styleText('green', 'good   '),
          warning: styleText('yellow', 'warning'),
          missing: styleText('red', 'missing'),
        };
        for (const { topic, state, message, hint } of findings) {
          console.log(`${marks[state]}  ${topic}: ${message}`);
          if (hint) console.log(`         ${styleText('dim', hint)}`);
        }
      }
      return findings.some(({ state }) => state === 'missing') ? exitCodes.someFailed : exitCodes.good;
    },
  );
}
