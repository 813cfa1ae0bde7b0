import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterEach, describe, expect, test } from 'vitest';
import type { ImageInterface } from '../../contract/models.ts';
import { hasOpenVino, openEngine, resources, sample } from '../host/fixtures/engine.ts';
import { ModelCatalogue } from './index.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

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
    else if (name.endsWith('.onnx')) await copyFile(fixture(name), path);
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
    await engine.client.call('models.remove', { id: entry.id });
    expect(await names()).not.toContain('Doubles');
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
