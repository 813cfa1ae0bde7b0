import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

export interface Spread {
  readonly minimum: number;
  readonly median: number;
  readonly runs: readonly number[];
}

/** Least and middle of several runs. On a machine with other work the least is the one to trust. */
export function spread(runs: readonly number[]): Spread {
  const sorted = [...runs].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { minimum: sorted[0]!, median, runs };
}

/** Prints figures, and keeps them with the machine that they were taken on. */
export async function publish(name: string, figures: Record<string, unknown>): Promise<void> {
  const folder = join(root, 'bench', 'results');
  await mkdir(folder, { recursive: true });
  const [processor] = cpus();
  const machine = {
    processor: processor?.model,
    cores: cpus().length,
    memory: totalmem(),
    node: process.version,
  };
  const text = JSON.stringify({ name, at: new Date().toISOString(), machine, ...figures }, null, 2);
  await writeFile(join(folder, `${name}.json`), `${text}\n`);
  console.log(`saved: bench/results/${name}.json`);
}

export function row(label: string, ...values: readonly string[]): void {
  console.log(`${label.padEnd(44)}${values.map((value) => value.padStart(14)).join('')}`);
}
