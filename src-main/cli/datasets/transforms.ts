import { styleText } from 'node:util';
import { Command } from 'commander';
import { optionsSchema, type Transform, transformNamed, transforms } from '../../engine/datasets/index.ts';
import { exitCodes, printJson, reportFailure } from '../shared.ts';

/** Lists the changes that `--transform` and recipes take, or the options of one. */
export function transformsCommand(): Command {
  return new Command('transforms')
    .description('the changes that --transform and recipes take, and their options')
    .argument('[name]', 'one of them')
    .option('--json', 'as JSON, options as JSON Schema')
    .action((name: string | undefined, { json = false }: { json?: boolean }) => {
      try {
        const wanted = name === undefined ? transforms : [transformNamed(name)];
        if (json) for (const transform of wanted) printJson(plain(transform));
        else if (name === undefined) for (const transform of wanted) printLine(transform);
        else printOptions(wanted[0]!);
        process.exitCode = exitCodes.good;
      } catch (thrown) {
        process.exitCode = reportFailure(thrown, json);
      }
    });
}

const plain = (transform: Transform) => {
  const { name, aliases, about, description } = transform;
  return { name, aliases, about, description, options: optionsSchema(transform) };
};

const printLine = ({ name, description }: Transform): void =>
  console.log(`${name.padEnd(30)} ${styleText('dim', description)}`);

function printOptions(transform: Transform): void {
  const { name, aliases, description } = transform;
  console.log(`${name}${aliases.length > 0 ? ` (${aliases.join(', ')})` : ''}: ${description}`);
  const { properties = {}, required = [] } = optionsSchema(transform);
  for (const [option, schema] of Object.entries(properties)) {
    if (typeof schema === 'boolean') continue;
    const kind = schema.enum?.join(' | ') ?? [schema.type ?? []].flat().join(' or ');
    const usual = schema.default === undefined ? '' : `; ${JSON.stringify(schema.default)} unless said`;
    const must = required.includes(option) ? '; required' : '';
    console.log(
      `  ${option.padEnd(18)} ${schema.description ?? ''} ${styleText('dim', `(${kind}${usual}${must})`)}`,
    );
  }
}
