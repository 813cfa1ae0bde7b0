import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { golden, largestDifference, modelFolder, shared, whyNot } from '../diffusion/fixtures/shared.ts';
import { diffuse, openModel, readModelFolder } from '../diffusion/index.ts';
import { hasOpenVino, resources } from '../host/fixtures/engine.ts';
import { userFolders } from '../host/folders.ts';
import { findPython } from '../python/python.ts';
import { loadOpenVino } from '../runtime/index.ts';
import { converting, planEnvironment } from './environment.ts';
import { parseScriptLine } from './events.ts';
import { type ConversionEvent, type ConvertLdmOptions, convertLdm } from './index.ts';

const source = join(shared, 'tiny_trained', 'diffusers');
const scripts = join(resources, 'models', 'convert');
const { cache } = userFolders(resources);
const python = process.env['REFINERY_CONVERT_PYTHON'] ?? '';
const ready =
  python !== '' || (await planEnvironment({ cacheDir: cache, scripts, extras: [] })).missing.length === 0;
const whyNoConversion =
  whyNot ||
  (hasOpenVino ? '' : ' (skipped: no OpenVINO on this machine)') ||
  (ready ? '' : ' (skipped: PyTorch is not installed; one `refinery convert-model` installs it)');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-convert-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What stands beside the target: nothing but it may be left. */
const left = async (): Promise<string[]> => (await readdir(join(folder, 'to'))).sort();

function options(extra: Partial<ConvertLdmOptions> = {}): ConvertLdmOptions {
  return {
    source,
    output: join(folder, 'to', 'model'),
    weights: 'fp16',
    via: 'torch',
    scripts,
    cacheDir: join(folder, 'cache'),
    appVersion: '0.0.0',
    python: process.execPath,
    ...extra,
  };
}

/** A program that stands in for the script, run by Node: what it says and leaves is up to the test. */
async function fakeScript(body: string): Promise<string> {
  const scripts = join(folder, 'scripts');
  await mkdir(scripts);
  const head =
    "const fs = require('node:fs'); const [, , source, target] = process.argv;" +
    "const tell = (value) => fs.writeSync(1, typeof value === 'string' ? value + '\\n' : JSON.stringify(value) + '\\n');" +
    `const copy = () => fs.cpSync(${JSON.stringify(modelFolder)}, target, { recursive: true });` +
    "const parity = { event: 'parity', part: 'unet', what: '8x8', maxAbs: 1, meanAbs: 1, relative: 0.1, limit: 1, passed: true };";
  await writeFile(join(scripts, 'convert_ldm.py'), `${head}\n${body}`);
  return scripts;
}

describe('the script’s lines', () => {
  test('are read, and what libraries print is not', () => {
    const line = '{"event": "stage", "stage": "Reading", "fraction": 0.5}';
    expect(parseScriptLine(line)).toEqual({ event: 'stage', stage: 'Reading', fraction: 0.5 });
    for (const other of ['', 'INFO:nncf', '{', '{"event": "other"}', '{"event": "stage", "fraction": 2}']) {
      expect(parseScriptLine(other)).toBeUndefined();
    }
  });

  test('hold Python’s NaN', () => {
    const line =
      '{"event": "parity", "part": "unet", "what": "8x8", "maxAbs": NaN, "meanAbs": Infinity, "relative": NaN, "limit": 0.1, "passed": false}';
    expect(parseScriptLine(line)).toMatchObject({
      maxAbs: null,
      meanAbs: null,
      relative: null,
      passed: false,
    });
  });
});

test('without a Python, or with an old one, the error says what to install', async () => {
  await expect(findPython({ ...converting, candidates: [['no-such-python']] })).rejects.toMatchObject({
    code: 'RUNTIME_NOT_FOUND',
    message: expect.stringMatching(/3\.10 or later.*none was found/),
    hint: expect.stringMatching(/python\.org/),
  });
  const old = [process.execPath, '-e', 'console.log("3.8.10")', '--'];
  await expect(findPython({ ...converting, candidates: [old] })).rejects.toMatchObject({
    message: expect.stringMatching(/is 3\.8\.10/),
  });
  const good = [process.execPath, '-e', 'console.log("3.10.0")', '--'];
  const candidates = [['no-such-python'], old, good];
  expect((await findPython({ ...converting, candidates })).version).toBe('3.10.0');
});

test('an environment counts as finished only for the requirements it was made for', async () => {
  const plan = () => planEnvironment({ cacheDir: folder, scripts, extras: ['int8'] });
  const first = await plan();
  expect(first.missing.map(({ file }) => file)).toEqual(['requirements.txt', 'requirements-int8.txt']);
  expect(first.download).toBeGreaterThan(100);
  await mkdir(join(first.python, '..'), { recursive: true });
  await writeFile(first.python, '');
  const [base, int8] = first.missing;
  const mark = (installed: object): Promise<void> =>
    writeFile(join(first.folder, 'refinery.json'), JSON.stringify({ version: 1, installed }));
  await mark({ [base!.file]: base!.hash });
  expect((await plan()).missing.map(({ file }) => file)).toEqual(['requirements-int8.txt']);
  await mark({ [base!.file]: base!.hash, [int8!.file]: int8!.hash });
  expect(await plan()).toMatchObject({ missing: [], download: 0, disk: 0 });
  await mark({ [base!.file]: 'of an earlier version', [int8!.file]: int8!.hash });
  expect((await plan()).missing.map(({ file }) => file)).toEqual(['requirements.txt']);
  await writeFile(join(first.folder, 'refinery.json'), '{"version"');
  expect((await plan()).missing.length).toBe(2);
});

describe.skipIf(whyNot !== '')(`what is converted${whyNot}`, () => {
  let copied: string;
  beforeEach(async () => {
    copied = join(folder, 'from');
    await cp(source, copied, { recursive: true });
  });
  const put = async (name: string, value: unknown): Promise<void> => {
    await rm(join(copied, name));
    await writeFile(join(copied, name), typeof value === 'string' ? value : JSON.stringify(value));
  };
  const read = async (name: string): Promise<object> =>
    JSON.parse(await readFile(join(copied, name), 'utf8')) as object;

  test('a folder that is not there, or lacks pieces', async () => {
    await expect(convertLdm(options({ source: join(folder, 'none') }))).rejects.toMatchObject({
      code: 'INPUT_NOT_FOUND',
    });
    await rm(join(copied, 'vqvae', 'diffusion_pytorch_model.safetensors'));
    await rm(join(copied, 'scheduler'), { recursive: true });
    await expect(convertLdm(options({ source: copied }))).rejects.toMatchObject({
      code: 'MODEL_NOT_INSTALLED',
      message: 'The model lacks vqvae/diffusion_pytorch_model.safetensors, scheduler/scheduler_config.json.',
    });
    expect(existsSync(join(folder, 'to'))).toBe(false);
  });

  test('a model of another kind, a scheduler that is not known, a configuration cut short', async () => {
    const unet = await read('unet/config.json');
    const scheduler = await read('scheduler/scheduler_config.json');
    await put('unet/config.json', { ...unet, in_channels: 4 });
    await expect(convertLdm(options({ source: copied }))).rejects.toMatchObject({
      code: 'INPUT_UNSUPPORTED',
      message: expect.stringMatching(/in_channels of the unet is 4, not 6/),
    });
    await put('unet/config.json', unet);
    await put('scheduler/scheduler_config.json', { ...scheduler, _class_name: 'HeunDiscreteScheduler' });
    await expect(convertLdm(options({ source: copied }))).rejects.toMatchObject({
      code: 'INPUT_UNSUPPORTED',
      message: expect.stringMatching(/HeunDiscreteScheduler/),
    });
    await put('unet/config.json', '{"in_channels": 6');
    await expect(convertLdm(options({ source: copied }))).rejects.toMatchObject({
      code: 'MODEL_CORRUPT',
      message: expect.stringMatching(/unet\/config\.json/),
    });
  });

  test('a target that holds something is left alone', async () => {
    await mkdir(join(folder, 'to', 'model'), { recursive: true });
    await writeFile(join(folder, 'to', 'model', 'note.txt'), 'mine');
    await expect(convertLdm(options())).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(await readFile(join(folder, 'to', 'model', 'note.txt'), 'utf8')).toBe('mine');
    await writeFile(join(folder, 'file'), '');
    await expect(convertLdm(options({ output: join(folder, 'file', 'model') }))).rejects.toMatchObject({
      code: 'OUTPUT_NOT_WRITABLE',
    });
  });

  test('what succeeds gets its name and a receipt; what a crash left before is cleared up', async () => {
    const scripts = await fakeScript(
      "tell('INFO:nncf'); tell(parity); copy(); tell({ event: 'done', passed: true, versions: { torch: '2' } });",
    );
    await mkdir(join(folder, 'to', '.refinery-convert-999999-abc.part'), { recursive: true });
    await mkdir(join(folder, 'to', 'model'));
    const events: ConversionEvent[] = [];
    const receipt = await convertLdm(options({ scripts, onEvent: (event) => events.push(event) }));
    expect(await left()).toEqual(['model']);
    expect(events.map(({ event }) => event)).toEqual(['plan', 'parity']);
    expect(events[0]).toMatchObject({ download: 0 });
    const kept = JSON.parse(await readFile(join(folder, 'to', 'model', 'conversion.json'), 'utf8'));
    expect(kept).toEqual(JSON.parse(JSON.stringify(receipt)));
    expect(receipt.source.map(({ name }) => name)).toContain('unet/diffusion_pytorch_model.safetensors');
    for (const { sha256 } of [...receipt.source, ...receipt.files]) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(receipt.parity).toHaveLength(1);
  });

  test.each([
    [
      "tell({ ...parity, passed: false }); copy(); tell({ event: 'done', passed: false, versions: {} });",
      'OUTPUT_CHECK_FAILED',
    ],
    ["copy(); tell({ event: 'done', passed: true, versions: {} });", 'OUTPUT_CHECK_FAILED'],
    ["tell(parity); tell({ event: 'done', passed: true, versions: {} });", 'MODEL_NOT_INSTALLED'],
    ['tell(parity); copy();', 'RUNTIME_FAILED'],
    ["console.error('boom'); process.exit(9);", 'RUNTIME_FAILED'],
    ["tell({ event: 'error', kind: 'MemoryError', message: '' }); process.exit(1);", 'OUT_OF_MEMORY'],
    [
      "tell({ event: 'error', kind: 'OSError', message: 'No space left on device' }); process.exit(1);",
      'DISK_FULL',
    ],
    ['console.error("ModuleNotFoundError: No module named \'torch\'"); process.exit(1);', 'RUNTIME_FAILED'],
    [
      "tell({ event: 'stage', stage: 'Reading the networks', fraction: 0 }); process.exit(1);",
      'MODEL_CORRUPT',
    ],
  ])('a script that ends badly leaves nothing: %s', async (body, code) => {
    const scripts = await fakeScript(body);
    await expect(convertLdm(options({ scripts }))).rejects.toMatchObject({ code });
    expect(await left()).toEqual([]);
  });

  test('cancelling ends the script and leaves nothing', async () => {
    const scripts = await fakeScript(
      "copy(); tell({ event: 'stage', stage: String(process.pid), fraction: 0.5 }); setInterval(() => {}, 1000);",
    );
    const cancel = new AbortController();
    let pid = 0;
    const run = convertLdm(
      options({
        scripts,
        signal: cancel.signal,
        onEvent(event) {
          if (event.event !== 'progress') return;
          pid = Number(event.stage);
          cancel.abort();
        },
      }),
    );
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await left()).toEqual([]);
    expect(() => process.kill(pid, 0)).toThrow();
  });
});

describe.skipIf(whyNoConversion !== '')(`a real conversion${whyNoConversion}`, () => {
  const real = (extra: Partial<ConvertLdmOptions> = {}): ConvertLdmOptions => {
    const { python: _, ...rest } = options({ cacheDir: cache, ...extra });
    return python ? { ...rest, python } : rest;
  };

  test('gives the pictures of diffusers', { timeout: 180_000 }, async () => {
    const receipt = await convertLdm(real());
    expect(receipt.parity.map(({ part }) => part)).toEqual(
      expect.arrayContaining(['unet', 'decoder', 'run']),
    );
    for (const { relative, limit, passed } of receipt.parity) {
      expect(passed).toBe(true);
      if (limit !== null) expect(relative).toBeLessThan(limit);
    }
    expect(receipt.versions).toMatchObject({ diffusers: '0.42.1' });
    const model = await readModelFolder(join(folder, 'to', 'model'));
    const openvino = await loadOpenVino();
    const { unet, decoder } = await openModel({ openvino, model, device: 'CPU', precision: 'f32' });
    const { data, info } = await sharp(golden('in_32x24.png'))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const area = info.width * info.height;
    const values = Float32Array.from(
      { length: 3 * area },
      (_, index) => 2 * Math.fround(data[(index % area) * 3 + Math.floor(index / area)]! / 255) - 1,
    );
    const made = await diffuse({
      openvino,
      unet: unet.compiled,
      decoder: decoder.compiled,
      multiple: model.multiple,
      scheduler: model.scheduler,
      sampler: 'ddim',
      steps: 20,
      seed: 42,
      image: { values, width: info.width, height: info.height },
    });
    const expected = await sharp(golden('ddim_32x24_s20_eta0.png')).removeAlpha().raw().toBuffer();
    expect(largestDifference(made.bytes, expected)).toBeLessThanOrEqual(1);
  });

  test('weights cut short are the model’s fault', { timeout: 120_000 }, async () => {
    const copied = join(folder, 'from');
    await cp(source, copied, { recursive: true });
    const weights = join(copied, 'unet', 'diffusion_pytorch_model.safetensors');
    const bytes = await readFile(weights);
    await rm(weights);
    await writeFile(weights, bytes);
    await truncate(weights, 5_000);
    await expect(convertLdm(real({ source: copied }))).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    expect(await left()).toEqual([]);
  });
});
