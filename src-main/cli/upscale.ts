import { existsSync, statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { styleText } from 'node:util';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError, Option } from 'commander';
import { RefineryError, toErrorValue } from '../contract/errors.ts';
import type { FileHandle } from '../contract/files.ts';
import { finishedStates, type Job } from '../contract/jobs.ts';
import { unknownTokens } from '../contract/names.ts';
import {
  metadataPolicies,
  outputFormats,
  precisions,
  type Scale,
  samplerNames,
  UpscaleSettings,
} from '../contract/upscale.ts';
import type { EngineClient } from '../contract/wire.ts';
import { type Folders, userFolders } from '../engine/host/folders.ts';
import { makeFolder } from '../engine/io/folders.ts';
import { receiptHistory } from './history.ts';
import { planLatents, saveLatents } from './save-latents.ts';
import {
  describeError,
  exitCodes,
  listenForStop,
  parseName,
  parseNames,
  plainText,
  printJson,
  reportFailure,
} from './shared.ts';

interface UpscaleFlags {
  readonly output?: string;
  readonly scale: Scale;
  readonly model: string;
  readonly steps: number;
  readonly sampler: UpscaleSettings['diffusion']['sampler'];
  readonly eta: number;
  readonly seed?: number;
  readonly tile?: number;
  readonly saveLatents?: string;
  readonly likeDiffusers?: true;
  readonly backProjection?: boolean;
  readonly device: string;
  readonly precision: UpscaleSettings['precision'];
  readonly format: UpscaleSettings['format'];
  readonly quality: number;
  readonly effort: number;
  readonly lossless?: true;
  readonly keepMetadata: UpscaleSettings['metadata'];
  readonly pattern: string;
  readonly overwrite?: true;
  readonly sidecar?: true;
  readonly allowHuge?: true;
  readonly json?: true;
}

const defaults = UpscaleSettings.parse({});

/** "4", "1920w", "1080h" or "250%". */
function parseScale(text: string): Scale {
  const match = /^(\d+(?:\.\d+)?)(w|h|%|x)?$/.exec(text);
  const value = Number(match?.[1]);
  const unit = match?.[2];
  const scale: Scale =
    unit === 'w'
      ? { kind: 'width', pixels: value }
      : unit === 'h'
        ? { kind: 'height', pixels: value }
        : unit === '%'
          ? { kind: 'percent', percent: value }
          : { kind: 'factor', factor: value };
  const parsed = UpscaleSettings.shape.scale.safeParse(scale);
  if (!match || !parsed.success) {
    throw new InvalidArgumentError('Give a factor from 1 to 8, or a size such as 1920w, 1080h or 250%.');
  }
  return parsed.data;
}

function parseShare(text: string): number {
  const share = numberIn(text);
  if (!(share >= 0 && share <= 1)) throw new InvalidArgumentError('Give a number from 0 to 1.');
  return share;
}

function parseWhole(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = numberIn(text);
    if (!Number.isInteger(value) || value < low || value > high) {
      throw new InvalidArgumentError(`Give a whole number from ${low} to ${high}.`);
    }
    return value;
  };
}

/** A variable of a shell that is not set gives an empty text, which is no 0. */
const numberIn = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text));

function parsePattern(text: string): string {
  const parsed = UpscaleSettings.shape.pattern.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('Give a name of 1 to 200 characters.');
  const [unknown] = unknownTokens(parsed.data);
  if (unknown !== undefined) throw new InvalidArgumentError(`${unknown} means nothing; there are ${tokens}.`);
  return parsed.data;
}

const tokens = '{name} {scale} {model} {width} {height} {date}';

export function upscaleCommand(resources: string): Command {
  return new Command('upscale')
    .description('enlarge pictures; results are checked, and nothing is overwritten unless asked')
    .argument('<files...>', 'pictures, or folders of them', parseNames)
    .option('-o, --output <folder>', 'where results go (default: beside each picture)', parseName)
    .addOption(
      new Option('-s, --scale <scale>', 'factor, or 1920w, 1080h, 250%')
        .argParser(parseScale)
        .default(defaults.scale, '4'),
    )
    .option(
      '-m, --model <id or path>',
      'a model of the catalogue, an IR or ONNX file, or the folder of a diffusion model',
      parseName,
      defaults.model,
    )
    .option('--steps <number>', 'diffusion: steps', parseWhole(1, 1000), defaults.diffusion.steps)
    .addOption(
      new Option('--sampler <name>', 'diffusion: how steps are made')
        .choices(samplerNames)
        .default(defaults.diffusion.sampler),
    )
    .option('--eta <number>', 'diffusion: share of fresh noise in DDIM, 0 to 1', parseShare, 0)
    .option('--seed <number>', 'diffusion: of the noise (default: drawn)', parseWhole(0, 0xffff_ffff))
    .option(
      '--tile <pixels>',
      'diffusion: longest side worked on at once (default: by memory)',
      parseWhole(16, 4096),
    )
    .option('--save-latents <npy>', 'diffusion: write the latents before decoding; takes one picture')
    .option(
      '--like-diffusers',
      'diffusion: LMS and Euler scale the picture with the noise, as diffusers does; worse, for comparisons',
    )
    .option(
      '--back-projection',
      'diffusion: correct the result until it is the source when shrunk, so that colours stay (default: as the model asks)',
    )
    .option('--no-back-projection', 'diffusion: leave the result as the model makes it')
    .option('-d, --device <name>', 'OpenVINO device', parseName, defaults.device)
    .addOption(new Option('--precision <type>', 'arithmetic').choices(precisions).default(defaults.precision))
    .addOption(
      new Option('-f, --format <format>', 'of the results').choices(outputFormats).default(defaults.format),
    )
    .option('-q, --quality <number>', '1 to 100, for lossy formats', parseWhole(1, 100), defaults.quality)
    .option('--effort <number>', '0 (fast) to 9 (small)', parseWhole(0, 9), defaults.effort)
    .option('--lossless', 'lossless WebP and AVIF')
    .addOption(
      new Option('--keep-metadata <what>', 'safe leaves out position and serial numbers')
        .choices(metadataPolicies)
        .default(defaults.metadata),
    )
    .option('--pattern <name>', `of results: ${tokens}`, parsePattern, defaults.pattern)
    .option('--overwrite', 'replace results that are there already')
    .option('--sidecar', 'write each receipt beside its result')
    .option('--allow-huge', 'accept sources above 268 megapixels')
    .option('--json', 'one JSON object a line instead of a progress bar')
    .action(async (files: string[], flags: UpscaleFlags) => {
      try {
        const { withEngine } = await import('./engine.ts');
        process.exitCode = await withEngine(resources, (engine) =>
          upscale(engine, userFolders(resources), files, flags),
        );
      } catch (thrown) {
        process.exitCode = reportFailure(thrown, flags.json ?? false);
      }
    });
}

async function upscale(
  engine: EngineClient,
  { cache: cacheDir, data }: Pick<Folders, 'cache' | 'data'>,
  files: readonly string[],
  flags: UpscaleFlags,
): Promise<number> {
  const latents = flags.saveLatents
    ? await planLatents(flags.saveLatents, flags.overwrite ?? false)
    : undefined;
  const { handles, refused } = await admit(engine, files);
  const settings = await settingsOf(engine, flags, await modelOf(engine, flags.model));
  await engine.call('settings.set', { change: { upscale: settings } });

  const reporter = flags.json ? jsonReporter() : terminalReporter();
  let failures = 0;
  for (const { path, reason } of refused) {
    failures += 1;
    reporter.failed(path, { code: 'INPUT_NOT_FOUND', message: reason, hint: 'Check the path.' });
  }

  const added = await engine.call('upscale.add', { handles: handles.map(({ id }) => id) });
  for (const { name, error } of added.refused) {
    failures += 1;
    reporter.failed(name, error);
  }
  if (added.others.count > 0) {
    const more = added.others.count > added.others.first.length ? ' and others' : '';
    reporter.notice(
      `${added.others.count} pictures of formats that are not read are left out: ${added.others.first.join(', ')}${more}`,
    );
  }
  if (latents && added.jobIds.length > 1) {
    throw new RefineryError('BAD_REQUEST', '--save-latents takes one picture.', {
      hint: 'Give the pictures one by one.',
    });
  }
  let interrupted = false;
  if (added.jobIds.length > 0) {
    const history = receiptHistory(data);
    const saved = async (job: Job, output: string, receipt: unknown): Promise<void> => {
      await history.add(output, receipt).catch(() => undefined);
      if (latents) await saveLatents(cacheDir, job.id, latents);
    };
    const outcome = await follow(engine, added.jobIds, reporter, saved);
    failures += outcome.failures;
    interrupted = outcome.interrupted;
  }
  reporter.end(added.jobIds.length + refused.length + added.refused.length - failures, failures);
  if (interrupted) return exitCodes.interrupted;
  return failures > 0 ? exitCodes.someFailed : exitCodes.good;
}

/** Handles of files; those that are refused go by their paths, which a program can find again. */
async function admit(engine: EngineClient, files: readonly string[]) {
  const handles: FileHandle[] = [];
  const refused: { readonly path: string; readonly reason: string }[] = [];
  for (const file of files) {
    const path = resolve(file);
    const admitted = await engine.call('files.admit', { paths: [path] });
    handles.push(...admitted.handles);
    refused.push(...admitted.refused.map(({ reason }) => ({ path, reason })));
  }
  return { handles, refused };
}

async function settingsOf(
  engine: EngineClient,
  flags: UpscaleFlags,
  model: string,
): Promise<UpscaleSettings> {
  let folder: string | null = null;
  if (flags.output !== undefined) {
    const path = resolve(flags.output);
    await makeFolder(path).catch((error: Error) => {
      throw new RefineryError('OUTPUT_NOT_WRITABLE', `The folder ${path} can't be made: ${error.message}`, {
        hint: 'Choose another one with --output.',
      });
    });
    folder = (await engine.call('files.admit', { paths: [path] })).handles[0]?.id ?? null;
  }
  return {
    model,
    diffusion: {
      sampler: flags.sampler,
      steps: flags.steps,
      eta: flags.eta,
      seed: flags.seed ?? null,
      ...(flags.tile ? { tile: flags.tile } : {}),
      ...(flags.likeDiffusers ? { likeDiffusers: true } : {}),
      ...(flags.backProjection === undefined ? {} : { backProjection: flags.backProjection }),
      ...(flags.saveLatents ? { keepLatents: true } : {}),
    },
    scale: flags.scale,
    device: flags.device,
    precision: flags.precision,
    format: flags.format,
    quality: flags.quality,
    lossless: flags.lossless ?? false,
    effort: flags.effort,
    metadata: flags.keepMetadata,
    folder,
    pattern: flags.pattern,
    overwrite: flags.overwrite ?? false,
    sidecar: flags.sidecar ?? false,
    allowHuge: flags.allowHuge ?? false,
  };
}

/**
 * A file is looked at, and a folder is a diffusion model: both are used from where they lie, as was answered if they were
 * added before. Anything else is the id of a model in the catalogue.
 */
async function modelOf(engine: EngineClient, model: string): Promise<string> {
  const isFolder = statSync(model, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const isFile = !isFolder && ['.xml', '.onnx'].includes(extname(model).toLowerCase());
  if (!isFile && !isFolder) return model;
  if (!existsSync(model)) {
    throw new RefineryError('MODEL_UNKNOWN', `There is no file ${model}.`, {
      hint: 'Check the path after --model.',
    });
  }
  const [file] = (await engine.call('files.admit', { paths: [resolve(model)] })).handles;
  const handle = file!.id;
  const { id } = await engine.call(isFolder ? 'models.lendDiffusion' : 'models.probe', { handle });
  return id;
}

/** Starts the jobs and waits until each has ended and was reported. Whoever stops it has them cancelled first. */
async function follow(
  engine: EngineClient,
  ids: readonly string[],
  reporter: Reporter,
  saved: (job: Job, output: string, receipt: unknown) => Promise<void>,
): Promise<{ readonly failures: number; readonly interrupted: boolean }> {
  const open = new Set(ids);
  const reports: Array<Promise<boolean>> = [];
  const report = async (job: Job): Promise<boolean> => {
    const { path: input } = await engine.call('jobs.inputPath', { id: job.id });
    if (job.state === 'done') {
      const { receipt } = await engine.call('jobs.receipt', { id: job.id });
      const { path } = await engine.call('jobs.outputPath', { id: job.id });
      reporter.done(input, job, path, receipt);
      try {
        await saved(job, path, receipt);
      } catch (thrown) {
        reporter.failed(input, toErrorValue(thrown));
        return false;
      }
      return true;
    }
    reporter.failed(input, job.error ?? { code: 'CANCELLED', message: 'Cancelled.' });
    return false;
  };
  let interrupted = false;
  const stop = listenForStop(() => {
    interrupted = true;
    void engine.call('jobs.cancel', { ids: [...open] });
  });
  const stopNotices = engine.on('engine.notice', ({ message }) => reporter.notice(message));
  await new Promise<void>((finish, fail) => {
    const off = engine.on('jobs.changed', ({ jobs, summary }) => {
      reporter.progress(summary.fraction, summary.timeLeft, ids.length - open.size, ids.length);
      for (const job of jobs)
        if (finishedStates.has(job.state) && open.delete(job.id)) reports.push(report(job));
      if (open.size > 0) return;
      off();
      finish();
    });
    engine.call('jobs.start', {}).catch(fail);
  });
  const outcomes = await Promise.all(reports);
  stopNotices();
  stop();
  return { failures: outcomes.filter((good) => !good).length, interrupted };
}

interface Reporter {
  progress(fraction: number, timeLeft: number | null, done: number, total: number): void;
  done(input: string, job: Job, output: string, receipt: unknown): void;
  failed(input: string, error: NonNullable<Job['error']>): void;
  notice(message: string): void;
  end(done: number, failed: number): void;
}

function jsonReporter(): Reporter {
  return {
    progress: (fraction, timeLeft, done, total) =>
      printJson({ event: 'progress', fraction, timeLeft, done, total }),
    done: (input, _job, output, receipt) => printJson({ event: 'done', input, output, receipt }),
    failed: (input, { code, message, hint }) =>
      printJson({ event: 'failed', input, error: { code, message, hint } }),
    notice: (message) => printJson({ event: 'notice', message }),
    end: (done, failed) => printJson({ event: 'end', done, failed }),
  };
}

function terminalReporter(): Reporter {
  const bar = process.stderr.isTTY
    ? new SingleBar({
        format: '{bar} {percentage}%  {done} of {all}  {left}',
        hideCursor: true,
        clearOnComplete: true,
      })
    : undefined;
  let started = false;
  const line = (text: string): void => {
    if (started) bar?.stop();
    console.log(text);
    started = false;
  };
  return {
    progress(fraction, timeLeft, done, total) {
      if (!bar) return;
      const shown = {
        done,
        all: total,
        left: timeLeft === null ? '' : `${Math.ceil(timeLeft / 1000)} s left`,
      };
      if (started) bar.update(Math.round(fraction * 1000), shown);
      else bar.start(1000, Math.round(fraction * 1000), shown);
      started = true;
    },
    done(_input, job, output) {
      const result = job.upscale?.result;
      const size = result ? `${result.width} × ${result.height}` : '';
      const [title, place] = [plainText(job.title), plainText(output)];
      line(`${styleText('green', 'Done')}    ${title}  ${styleText('dim', `${size}  ${place}`)}`);
    },
    failed: (input, error) =>
      line(`${styleText('red', 'Failed')}  ${plainText(input)}  ${describeError(error)}`),
    notice: (message) => line(styleText('yellow', plainText(message))),
    end(done, failed) {
      if (started) bar?.stop();
      console.log(failed > 0 ? `${done} done, ${failed} failed` : `${done} done`);
    },
  };
}
