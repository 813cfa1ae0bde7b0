import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterEach, describe, expect, test } from 'vitest';
import type { ImageInterface } from '../../contract/models.ts';
import { hasOpenVino, openEngine, resources, sample, type TestEngine } from '../host/fixtures/engine.ts';
import { good, one, pixels } from '../upscale/fixtures/results.ts';
import { blurred, inBlocks, repeated, strided, writeNetwork, writeOnnx } from './fixtures/networks.ts';
import { ModelCatalogue } from './index.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

/** A cut of the sample as a file. */
async function cut(folder: string, width: number, height: number): Promise<string> {
  const path = join(folder, 'source.png');
  await sharp(sample).extract({ left: 100, top: 40, width, height }).png().toFile(path);
  return path;
}

/** Looks at a network and adds it as what it seems to be. */
async function add(engine: TestEngine, path: string, change: Partial<ImageInterface> = {}) {
  const handle = await engine.handle(path);
  const guess = await engine.client.call('models.probe', { handle });
  const { entry } = await engine.client.call('models.addCustom', {
    handle,
    name: path.split('/').at(-1)!,
    interface: { ...guess.interface, ...change },
  });
  return { guess, entry };
}

const byTwo = { kind: 'factor', factor: 2 } as const;

/** What a network of squares makes of a picture. */
async function squares(path: string, scale: number): Promise<Buffer> {
  const { width, height } = await pixels(path);
  return sharp(path)
    .resize(width * scale, height * scale, { kernel: 'nearest' })
    .raw()
    .toBuffer();
}

function mostApart(a: Buffer, b: Buffer): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0);
}

const endings: Array<() => unknown> = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

describe.skipIf(!hasOpenVino)(`networks of one's own${hasOpenVino ? '' : ' (OpenVINO is not here)'}`, () => {
  test.each<[string, Partial<ImageInterface>]>([
    ['nearest2.onnx', { scale: 2, layout: 'NCHW', enlargedInput: false, fixedSize: null }],
    ['fixed64.onnx', { scale: 2, layout: 'NCHW', fixedSize: { width: 64, height: 64 } }],
    ['nhwc3.onnx', { scale: 3, layout: 'NHWC', fixedSize: null }],
    ['rounding255.onnx', { scale: 2, inputRange: 255, outputRange: 255 }],
  ])('%s is read as what it is', async (name, expected) => {
    await using engine = await openEngine();
    const guess = await engine.client.call('models.probe', { handle: await engine.handle(fixture(name)) });
    expect(guess.interface).toMatchObject(expected);
    expect(guess.reasons.length).toBeGreaterThan(1);
    const { width, format } = await sharp(Buffer.from(guess.preview, 'base64')).metadata();
    expect(format).toBe('jpeg');
    expect(width).toBe((expected.fixedSize?.width ?? 96) * guess.interface.scale);
  });

  test('an embedded network is recognised by its files alone', async () => {
    await using engine = await openEngine();
    const handle = await engine.handle(join(resources, 'models', 'srx4.xml'));
    const { interface: kind } = await engine.client.call('models.probe', { handle });
    expect(kind).toMatchObject({
      scale: 4,
      layout: 'NCHW',
      enlargedInput: true,
      inputRange: 255,
      outputRange: 1,
      channels: 'BGR',
    });
  });

  test.each([
    ['classifier.onnx', 'MODEL_NOT_AN_IMAGE_NETWORK'],
    ['outside.onnx', 'MODEL_UNSAFE'],
    ['swapped.onnx', 'MODEL_UNSAFE'],
    ['golden.txt', 'MODEL_NOT_AN_IMAGE_NETWORK'],
    ['alone.xml', 'MODEL_NOT_INSTALLED'],
    ['cut.xml', 'MODEL_CORRUPT'],
    ['noise.onnx', 'MODEL_CORRUPT'],
  ])('%s is refused: %s', async (name, code) => {
    await using engine = await openEngine();
    const path = join(engine.folder, name);
    const embedded = join(resources, 'models', 'srx4');
    if (name === 'golden.txt') await writeFile(path, 'no network');
    else if (name === 'noise.onnx') await writeFile(path, Buffer.alloc(40, 0x5a));
    else if (name === 'swapped.onnx') {
      // The same entry with its two fields the other way round, which protobuf allows.
      const [key, value] = ['\n\blocation', '\x12\x10../../secret.bin'];
      const bytes = await readFile(fixture('outside.onnx'), 'latin1');
      expect(bytes).toContain(key + value);
      await writeFile(path, bytes.replace(key + value, value + key), 'latin1');
    } else if (name.endsWith('.onnx')) await copyFile(fixture(name), path);
    else await copyFile(`${embedded}.xml`, path);
    if (name === 'cut.xml') {
      await writeFile(join(engine.folder, 'cut.bin'), (await readFile(`${embedded}.bin`)).subarray(0, 1_000));
    }
    const probe = engine.client.call('models.probe', { handle: await engine.handle(path) });
    await expect(probe).rejects.toMatchObject({ code, hint: expect.stringMatching(/\w/) });
  });

  test('once added, a network is used, listed and removed', async () => {
    await using engine = await openEngine();
    const handle = await engine.handle(fixture('nearest2.onnx'));
    const { interface: kind } = await engine.client.call('models.probe', { handle });
    const { entry } = await engine.client.call('models.addCustom', {
      handle,
      name: 'Doubles',
      interface: kind,
    });
    const source = join(engine.folder, 'source.png');
    await sharp(sample).extract({ left: 100, top: 80, width: 70, height: 50 }).png().toFile(source);
    const [outcome] = await engine.upscale([source], {
      model: entry.id,
      scale: { kind: 'factor', factor: 2 },
    });
    expect(outcome?.job.error).toBeUndefined();
    const expected = await sharp(source)
      .resize(140, 100, { kernel: 'nearest' })
      .removeAlpha()
      .raw()
      .toBuffer();
    const result = await sharp(outcome!.output).raw().toBuffer();
    expect(result.equals(expected)).toBe(true);
    const names = async () =>
      (await engine.client.call('models.list', {})).models.map(({ entry: { name } }) => name);
    expect(await names()).toContain('Doubles');
    const { upscale } = await engine.client.call('settings.get', {});
    await engine.client.call('settings.set', { change: { upscale: { ...upscale, model: entry.id } } });
    await engine.client.call('models.remove', { id: entry.id });
    expect(await names()).not.toContain('Doubles');
    expect((await engine.client.call('settings.get', {})).upscale.model).toBe('auto');
  });

  test('networks that differ in one file stand side by side, and receipts tell them apart', async () => {
    await using engine = await openEngine();
    const paths = [0.9, 1].map((most) =>
      writeNetwork(engine.folder, `clamp${most * 10}`, (graph, picture) =>
        graph.clamp(repeated(graph, picture, 2), 0, most),
      ),
    );
    const [dim, bright] = await Promise.all(paths);
    expect(await readFile(dim!.replace('.xml', '.bin'))).toEqual(
      await readFile(bright!.replace('.xml', '.bin')),
    );
    const entries = [(await add(engine, dim!)).entry, (await add(engine, bright!)).entry];
    const { models } = await engine.client.call('models.list', {});
    expect(models.flatMap(({ entry: { name, source } }) => (source === 'custom' ? [name] : []))).toEqual([
      'clamp9.xml',
      'clamp10.xml',
    ]);
    const source = join(engine.folder, 'white.png');
    await sharp({ create: { width: 16, height: 16, channels: 3, background: '#ffffff' } })
      .png()
      .toFile(source);
    const made = [];
    for (const { id } of entries) made.push(await good(engine, source, { model: id, scale: byTwo }));
    expect(new Set(made.map(({ receipt }) => receipt.model.sha256)).size).toBe(2);
    expect(made.map(({ receipt }) => receipt.model.name)).toEqual(['clamp9.xml', 'clamp10.xml']);
    expect(await Promise.all(made.map(async ({ output }) => (await pixels(output)).data[0]))).toEqual([
      230, 255,
    ]);
  });

  test('one that has an id of its weights alone works on and keeps it, and is measured when it is added again', async () => {
    await using engine = await openEngine();
    const path = await writeNetwork(
      engine.folder,
      'eights',
      (graph, picture) => repeated(graph, inBlocks(graph, picture), 2),
      { edit: strided },
    );
    const { entry } = await add(engine, path);
    // As it was written before.
    const list = join(engine.folder, 'data', 'models', 'custom.json');
    const { multiple: _, exactTiles: __, ...before } = { ...entry.interface, overlap: 32 };
    await writeFile(list, JSON.stringify([{ ...entry, id: 'custom-old', interface: before }]));
    await rename(join(dirname(list), entry.id), join(dirname(list), 'custom-old'));
    const source = await cut(engine.folder, 64, 48);
    await good(engine, source, { model: 'custom-old', scale: byTwo });
    const again = await add(engine, path);
    expect(again.guess.reasons[0]).toMatch(/added before/);
    expect(again.entry).toMatchObject({ id: 'custom-old', interface: { multiple: 8, overlap: 16 } });
    expect(await readdir(dirname(list))).toEqual(['custom-old', 'custom.json']);
  });

  test('one that was only looked at is used from where it lies, and not listed', async () => {
    await using engine = await openEngine();
    const path = await writeNetwork(engine.folder, 'twice', (graph, picture) => repeated(graph, picture, 2));
    const { id } = await engine.client.call('models.probe', { handle: await engine.handle(path) });
    const source = await cut(engine.folder, 40, 30);
    const { output } = await good(engine, source, { model: id, scale: byTwo });
    expect((await pixels(output)).data.equals(await squares(source, 2))).toBe(true);
    const { models } = await engine.client.call('models.list', {});
    expect(models.filter(({ entry }) => entry.source === 'custom')).toEqual([]);
    await expect(readdir(join(engine.folder, 'data', 'models'))).rejects.toMatchObject({ code: 'ENOENT' });
    await writeFile(path, (await readFile(path, 'utf8')).replace('twice', 'other'));
    expect((await one(engine, source, { model: id })).job.error?.code).toBe('MODEL_CORRUPT');
  });

  test('what was answered is remembered when it is looked at again', async () => {
    await using engine = await openEngine();
    const path = await writeNetwork(engine.folder, 'any', (graph, picture) => repeated(graph, picture, 2));
    const { guess, entry } = await add(engine, path, { channels: 'BGR', overlap: 40 });
    expect(guess.interface.channels).toBe('RGB');
    const again = await engine.client.call('models.probe', { handle: await engine.handle(path) });
    expect(again).toMatchObject({
      id: entry.id,
      name: 'any.xml',
      interface: { channels: 'BGR', overlap: 40 },
    });
  });

  test.each(['xml', 'onnx'])('a grey network (%s) makes brightness, and colours stay', async (extension) => {
    await using engine = await openEngine();
    const path =
      extension === 'onnx'
        ? await writeOnnx(engine.folder, 'grey', { channels: 1 })
        : await writeNetwork(engine.folder, 'grey', (graph, picture) => repeated(graph, picture, 2), {
            channels: 1,
          });
    const { guess, entry } = await add(engine, path);
    expect(guess.interface.channels).toBe('GRAY');
    const source = await cut(engine.folder, 90, 70);
    const { output } = await good(engine, source, { model: entry.id, scale: byTwo });
    const made = (await pixels(output)).data;
    const plain = await squares(source, 2);
    // Brightness is that of the network, colours are those of a cubic enlargement.
    const brightness = (data: Buffer, at: number): number =>
      0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
    const smooth = await sharp(source).resize(180, 140, { kernel: 'cubic' }).raw().toBuffer();
    let apart = 0;
    for (let at = 0; at < made.length; at += 3) {
      expect(Math.abs(brightness(made, at) - brightness(plain, at))).toBeLessThan(1);
      const blue = (data: Buffer): number => data[at + 2]! - brightness(data, at);
      apart += Math.abs(blue(made) - blue(smooth)) / (made.length / 3);
    }
    expect(apart).toBeLessThan(1);
  });

  test.each([5, 6, 7])('a network may enlarge %i times', async (scale) => {
    await using engine = await openEngine();
    const path = await writeNetwork(engine.folder, 'squares', (graph, picture) =>
      repeated(graph, picture, scale),
    );
    const { interface: kind } = await engine.client.call('models.probe', {
      handle: await engine.handle(path),
    });
    expect(kind.scale).toBe(scale);
  });

  test('an ONNX network of f16 is used', async () => {
    await using engine = await openEngine();
    const { entry } = await add(engine, await writeOnnx(engine.folder, 'half', { elementType: 10 }));
    const source = await cut(engine.folder, 50, 30);
    const { output } = await good(engine, source, { model: entry.id, scale: byTwo });
    expect(mostApart((await pixels(output)).data, await squares(source, 2))).toBeLessThanOrEqual(1);
  });

  test('sizes that a network takes are found out, and pictures filled up to them', async () => {
    await using engine = await openEngine();
    const path = await writeNetwork(
      engine.folder,
      'eights',
      (graph, picture) => repeated(graph, inBlocks(graph, picture), 2),
      { edit: strided },
    );
    const { entry } = await add(engine, path);
    expect(entry.interface).toMatchObject({ multiple: 8, exactTiles: true });
    const source = await cut(engine.folder, 211, 83);
    const whole = await good(engine, source, { model: entry.id, scale: byTwo });
    expect((await pixels(whole.output)).data.equals(await squares(source, 2))).toBe(true);
    await engine.client.call('settings.set', { change: { memoryBudget: 1 } });
    const tiled = await good(engine, source, { model: entry.id, scale: byTwo, pattern: 'tiled' });
    expect(tiled.receipt.tiles.count).toBeGreaterThan(3);
    expect((await pixels(tiled.output)).data.equals(await squares(source, 2))).toBe(true);
    // Where nobody found it out, it is said in a sentence.
    await add(engine, path, { multiple: 1 });
    const { job } = await one(engine, source, { model: entry.id, pattern: 'failed' });
    expect(job.error?.message).toMatch(/^The network could not be run on \d+ × \d+ pixels\.$/);
  });

  test('tiles overlap by what the network sees', async () => {
    await using engine = await openEngine();
    const path = await writeNetwork(engine.folder, 'wide', (graph, picture) =>
      repeated(
        graph,
        graph.subtract(graph.multiply(picture, 1.5), graph.multiply(blurred(graph, picture, 70), 0.5)),
        2,
      ),
    );
    const { entry } = await add(engine, path);
    expect(entry.interface.overlap).toBeGreaterThan(60);
    expect(entry.interface).toMatchObject({ multiple: 1, exactTiles: true });
    const source = await cut(engine.folder, 330, 230);
    const whole = await good(engine, source, { model: entry.id, scale: byTwo });
    await engine.client.call('settings.set', { change: { memoryBudget: 1 } });
    const tiled = await good(engine, source, { model: entry.id, scale: byTwo, pattern: 'tiled' });
    expect(tiled.receipt.tiles).toMatchObject({ overlap: entry.interface.overlap });
    expect(tiled.receipt.tiles.count).toBeGreaterThan(3);
    const [one, many] = [await pixels(whole.output), await pixels(tiled.output)];
    expect(mostApart(one.data, many.data)).toBeLessThanOrEqual(1);
  });

  test('of one that looks at the whole picture it is said that tiles differ', async () => {
    await using engine = await openEngine();
    const path = await writeNetwork(engine.folder, 'global', (graph, picture) => {
      const mean = graph.reduceMean(graph.reduceMean(picture, 2), 3);
      return repeated(
        graph,
        graph.add(
          graph.multiply(picture, 0.8),
          graph.multiply(graph.add(mean, graph.multiply(picture, 0)), 0.2),
        ),
        2,
      );
    });
    const { guess, entry } = await add(engine, path);
    expect(guess.interface.exactTiles).toBe(false);
    expect(guess.reasons.join(' ')).toMatch(/may differ from the whole/);
    await engine.client.call('settings.set', { change: { memoryBudget: 1 } });
    const source = await cut(engine.folder, 200, 150);
    const { receipt } = await good(engine, source, { model: entry.id, scale: byTwo });
    expect(receipt.losses).toEqual([expect.stringMatching(/made in \d+ tiles, the result may differ/)]);
  });
});

describe('networks to download', () => {
  const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 31) % 251));
  const hash = `sha384:${createHash('sha384').update(content).digest('hex')}`;

  /** A catalogue with one network on a server of the test's own. */
  async function prepare(
    answer: (request: IncomingMessage, response: ServerResponse) => void,
    expected = hash,
  ) {
    const folder = await mkdtemp(join(tmpdir(), 'refinery-models-'));
    endings.push(() => rm(folder, { recursive: true, force: true }));
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endings.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/net.onnx`;
    const [entry] = (
      JSON.parse(await readFile(join(resources, 'models', 'manifest.json'), 'utf8')) as { models: object[] }
    ).models;
    const files = [{ name: 'net.onnx', bytes: content.length, hash: expected, url }];
    const model = { ...entry, id: 'far', source: 'download', files };
    await mkdir(join(folder, 'embedded'));
    await writeFile(
      join(folder, 'embedded', 'manifest.json'),
      JSON.stringify({ version: 1, models: [model] }),
    );
    const data = join(folder, 'data');
    const catalogue = new ModelCatalogue({
      embedded: join(folder, 'embedded'),
      data,
      openvino: () => Promise.reject(new Error('not needed')),
      samples: folder,
      cacheDir: folder,
    });
    return { catalogue, data: join(data, 'far') };
  }

  test('a download that breaks off goes on where it stopped', async () => {
    const ranges: Array<string | undefined> = [];
    const { catalogue, data } = await prepare((request, response) => {
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      ranges.push(request.headers.range);
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from });
      if (from > 0) response.end(content.subarray(from));
      else response.write(content.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
    });
    await expect(catalogue.download('far')).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
    expect((await catalogue.list())[0]?.status.state).toBe('absent');
    await catalogue.download('far');
    expect(ranges).toEqual([undefined, 'bytes=100000-']);
    expect((await catalogue.list())[0]?.status.state).toBe('ready');
    expect(await readFile(join(data, 'net.onnx'))).toEqual(content);
    expect(await readdir(data)).toEqual(['net.onnx']);
  });

  test('other content than promised is thrown away', async () => {
    const { catalogue, data } = await prepare((_request, response) => {
      response.end(Buffer.alloc(content.length, 7));
    });
    await expect(catalogue.download('far')).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringContaining('other content'),
    });
    expect(await readdir(data)).toEqual([]);
  });

  test('cancel stops it at once', async () => {
    const { catalogue } = await prepare((_request, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 1_000));
    });
    const download = catalogue.download('far');
    setTimeout(() => catalogue.cancelDownload('far'), 100);
    await expect(download).rejects.toMatchObject({ code: 'CANCELLED' });
    expect((await catalogue.list())[0]?.status.state).toBe('absent');
  });

  test('a file that was changed afterwards is not used', async () => {
    const { catalogue, data } = await prepare((_request, response) => response.end(content));
    await catalogue.download('far');
    await writeFile(join(data, 'net.onnx'), content.subarray(1));
    expect((await catalogue.list())[0]?.status).toMatchObject({ state: 'broken' });
    await expect(catalogue.resolve('far', { lossy: true })).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
  });
});
