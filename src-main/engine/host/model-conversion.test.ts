import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ModelConversion } from '../../contract/models.ts';
import { modelFolder, shared, whyNot } from '../diffusion/fixtures/shared.ts';
import { Conversions } from './model-conversion.ts';

/** Node stands in for Python: what is tested is what the window is told, not PyTorch. */
const script = (body: string): string =>
  "const fs = require('node:fs'); const [, , , target] = process.argv;" +
  "const tell = (value) => fs.writeSync(1, JSON.stringify(value) + '\\n');" +
  `const copy = () => fs.cpSync(${JSON.stringify(modelFolder)}, target, { recursive: true });` +
  "const parity = { event: 'parity', part: 'unet', what: '8x8', maxAbs: 1, meanAbs: 1, relative: 0.1, limit: 1, passed: true };" +
  body;

const choices = { weights: 'fp16', via: 'torch' } as const;

describe.skipIf(whyNot !== '')(`converting for the window${whyNot}`, () => {
  const source = join(shared, 'tiny_trained', 'diffusers');
  let folder: string;
  let told: ModelConversion[];
  let added: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'refinery-conversions-'));
    await mkdir(join(folder, 'models', 'convert'), { recursive: true });
    vi.stubEnv('REFINERY_CONVERT_PYTHON', process.execPath);
    told = [];
    added = [];
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });

  async function conversions(body: string): Promise<Conversions> {
    await writeFile(join(folder, 'models', 'convert', 'convert_ldm.py'), script(body));
    return new Conversions({
      folders: { models: join(folder, 'models'), cache: join(folder, 'cache'), data: join(folder, 'data') },
      version: '0.0.0',
      add: async (output, name) => {
        added.push(name, ...(await readdir(output)));
      },
      onChanged: (conversion) => told.push(conversion),
    });
  }
  const ended = (): Promise<void> =>
    vi.waitFor(() => expect(told.at(-1)?.state ?? 'running').not.toBe('running'), 20_000);

  test('tells a checkpoint from a converted model, and what neither is', async () => {
    const some = await conversions('');
    expect(await some.inspect(modelFolder)).toEqual({ kind: 'converted' });
    expect(await some.inspect(source)).toMatchObject({ kind: 'checkpoint', bytes: expect.any(Number) });
    await expect(some.inspect(folder)).rejects.toMatchObject({ code: 'MODEL_NOT_INSTALLED' });
    expect((await some.needs(source, choices)).disk).toBeGreaterThan(0);
  });

  test('what agrees is added with its proof, and nothing lies about', async () => {
    const some = await conversions(
      "tell({ event: 'stage', stage: 'Reading', fraction: 0.5 }); tell(parity); copy(); tell({ event: 'done', passed: true, versions: {} });",
    );
    some.start(source, 'Mine', choices);
    expect(() => some.start(source, 'Another', choices)).toThrowError(/converted already/);
    await ended();
    expect(told.map(({ stage, fraction }) => `${stage} ${fraction}`)).toContain('Reading 0.5');
    expect(some.latest).toMatchObject({ name: 'Mine', state: 'done', error: null });
    expect(some.latest?.parity).toHaveLength(1);
    expect(added).toEqual(expect.arrayContaining(['Mine', 'unet.xml', 'conversion.json']));
    expect(existsSync(join(folder, 'data', 'conversions'))).toBe(false);
    some.start(source, 'The next', choices);
    await ended();
    await some.close();
  });

  test('what disagrees is not added', async () => {
    const some = await conversions(
      "tell({ ...parity, passed: false }); copy(); tell({ event: 'done', passed: false, versions: {} });",
    );
    some.start(source, 'Mine', choices);
    await ended();
    expect(some.latest).toMatchObject({ state: 'failed', error: { code: 'OUTPUT_CHECK_FAILED' } });
    expect(added).toEqual([]);
  });

  test('cancel ends the script and says so', async () => {
    const some = await conversions(
      "tell({ event: 'stage', stage: 'Reading', fraction: 0.1 }); setInterval(() => {}, 1000);",
    );
    some.start(source, 'Mine', choices);
    await vi.waitFor(() => expect(told.at(-1)?.fraction).toBe(0.1), 20_000);
    some.cancel();
    await ended();
    expect(some.latest).toMatchObject({ state: 'cancelled' });
    expect(existsSync(join(folder, 'data', 'conversions'))).toBe(false);
  });
});
