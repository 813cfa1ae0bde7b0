import { chmod, mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { hasOpenVino, openEngine, resources, sample } from '../host/fixtures/engine.ts';
import { good, one, pixels } from './fixtures/results.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const network = (name: string): string => join(resources, 'src-main', 'engine', 'models', 'fixtures', name);

async function pixels16(path: string): Promise<Uint16Array> {
  const data = await sharp(path).toColourspace('rgb16').raw({ depth: 'ushort' }).toBuffer();
  return new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
}

function differences(a: ArrayLike<number>, b: ArrayLike<number>): { most: number; mean: number } {
  expect(a.length).toBe(b.length);
  let most = 0;
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) {
    const difference = Math.abs((a[index] ?? 0) - (b[index] ?? 0));
    most = Math.max(most, difference);
    sum += difference;
  }
  return { most, mean: sum / a.length };
}

/** A cut of the sample as a file. */
async function cut(folder: string, name: string, width: number, height: number): Promise<string> {
  const path = join(folder, name);
  await mkdir(folder, { recursive: true });
  await sharp(sample).extract({ left: 120, top: 60, width, height }).png().toFile(path);
  return path;
}

describe.skipIf(!hasOpenVino)(`upscaling${hasOpenVino ? '' : ' (OpenVINO is not here)'}`, () => {
  test('gives the pixels that Pillow and Python give, to one step of 255', async () => {
    await using engine = await openEngine();
    const source = join(engine.folder, 'source.png');
    await writeFile(source, await readFile(fixture('source.png')));
    const { output } = await good(engine, source, { model: 'srx4' });
    const [ours, theirs] = [await pixels(output), await pixels(fixture('golden.png'))];
    const { most, mean } = differences(ours.data, theirs.data);
    expect(most).toBeLessThanOrEqual(1);
    expect(mean).toBeLessThan(0.005);
  });

  test('tiles give the same picture as the whole', async () => {
    await using engine = await openEngine();
    const source = await cut(engine.folder, 'wide.png', 330, 230);
    const whole = await good(engine, source, { model: 'srx4', pattern: 'whole' });
    await engine.client.call('settings.set', { change: { memoryBudget: 30 } });
    const tiled = await good(engine, source, { model: 'srx4', pattern: 'tiled' });
    expect(whole.receipt.tiles.count).toBe(1);
    expect(tiled.receipt.tiles.count).toBeGreaterThan(3);
    const { most } = differences((await pixels(whole.output)).data, (await pixels(tiled.output)).data);
    expect(most).toBeLessThanOrEqual(1);
  });

  test('a picture that waits keeps what it was started with, unless it is told to take other choices', async () => {
    await using engine = await openEngine();
    const { client } = engine;
    const sources = await Promise.all(
      ['a', 'b', 'c'].map((name) => cut(engine.folder, `${name}.png`, 24, 16)),
    );
    const { upscale } = await client.call('settings.get', {});
    const choose = (change: Partial<typeof upscale>) =>
      client.call('settings.set', { change: { upscale: { ...upscale, precision: 'f32', ...change } } });
    await choose({ format: 'png' });
    const handles = await Promise.all(sources.map(engine.handle));
    const { jobIds } = await client.call('upscale.add', { handles });
    await client.call('jobs.pauseAll', {});
    await client.call('jobs.start', { ids: jobIds });
    const frozen = async () =>
      (await client.call('jobs.list', {})).jobs.map((job) => job.upscale?.frozen?.format);
    expect(await frozen()).toEqual([undefined, undefined, undefined]);
    await choose({ format: 'webp' });
    expect(await frozen()).toEqual(['png', 'png', 'png']);
    await client.call('jobs.renew', { ids: jobIds.slice(1, 2) });
    await client.call('upscale.override', {
      ids: jobIds.slice(2),
      settings: { ...upscale, precision: 'f32', format: 'jpeg' },
    });
    expect(await frozen()).toEqual(['png', undefined, undefined]);
    await client.call('jobs.resumeAll', {});
    const formats = async () => {
      const { jobs } = await client.call('jobs.list', {});
      return jobs.map(({ upscale: made }) => made?.result?.name.split('.').at(-1));
    };
    await expect.poll(formats, { timeout: 30_000 }).toEqual(['png', 'webp', 'jpg']);
  });

  test('cancelled while it is written, a picture is gone at once, and its file when the encoder has ended', async () => {
    await using engine = await openEngine();
    const { client } = engine;
    const source = await cut(engine.folder, 'slow.png', 200, 140);
    const out = join(engine.folder, 'out');
    await mkdir(out);
    const { upscale } = await client.call('settings.get', {});
    const settings = {
      ...upscale,
      format: 'avif',
      effort: 9,
      quality: 90,
      folder: await engine.handle(out),
    } as const;
    const { jobIds } = await client.call('upscale.add', { handles: [await engine.handle(source)] });
    await client.call('upscale.override', { ids: jobIds, settings });
    await client.call('jobs.start', { ids: jobIds });
    const job = async () => (await client.call('jobs.list', {})).jobs[0];
    await expect
      .poll(async () => (await job())?.progress?.stage, { interval: 5, timeout: 20_000 })
      .toBe('writing');
    await client.call('jobs.cancel', { ids: jobIds });
    await expect.poll(async () => (await job())?.state, { interval: 5 }).toBe('cancelled');
    // The encoder has not ended yet: it still reads its rows.
    const rows = async () =>
      (await readdir(join(engine.cache, 'work'))).filter((name) => name.startsWith(`${process.pid}-`));
    expect(await rows()).not.toEqual([]);
    await expect.poll(rows, { timeout: 60_000 }).toEqual([]);
    expect(await readdir(out)).toEqual([]);
  });

  test('what is hidden by a hard edge of transparency never shows', async () => {
    await using engine = await openEngine();
    const svg = '<svg width="64" height="64"><circle cx="32" cy="32" r="22" fill="#e01010"/></svg>';
    const disc = await sharp(Buffer.from(svg)).raw().toBuffer();
    const seen: Buffer[] = [];
    for (const hidden of [
      [0, 0, 0],
      [0, 255, 0],
    ]) {
      const flat = Buffer.from(disc);
      for (let at = 0; at < flat.length; at += 4) {
        const solid = (flat[at + 3] ?? 0) > 127;
        flat.set(solid ? [224, 16, 16, 255] : [...hidden, 0], at);
      }
      const source = join(engine.folder, `disc-${hidden[1]}.png`);
      await sharp(flat, { raw: { width: 64, height: 64, channels: 4 } })
        .png()
        .toFile(source);
      const { output } = await good(engine, source);
      const { data, channels } = await pixels(output);
      expect(channels).toBe(4);
      expect([data[3], data[(128 * 256 + 128) * 4 + 3]]).toEqual([0, 255]);
      seen.push(await sharp(output).flatten({ background: '#ffffff' }).raw().toBuffer());
    }
    expect(differences(seen[0]!, seen[1]!).most).toBeLessThanOrEqual(1);
  });

  test('sixteen bits come out as sixteen real bits', async () => {
    await using engine = await openEngine();
    const [width, height] = [96, 64];
    const ramp = Uint16Array.from(
      { length: width * height * 3 },
      (_, index) => 20_000 + Math.floor((Math.floor(index / 3) % width) * 37.3),
    );
    const source = join(engine.folder, 'ramp.png');
    await sharp(ramp, { raw: { width, height, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toFile(source);
    const { output, receipt } = await good(engine, source);
    expect(receipt.output.depth).toBe(16);
    const result = await pixels16(output);
    expect(new Set(result).size).toBeGreaterThan(600);
    const middle = result.subarray(width * 4 * 3 * 100, width * 4 * 3 * 101);
    expect(Math.min(...middle)).toBeGreaterThan(19_000);
    expect(Math.max(...middle)).toBeLessThan(25_000);
  });

  test('grey stays grey; CMYK becomes RGB and says so', async () => {
    await using engine = await openEngine();
    const grey = join(engine.folder, 'grey.png');
    await sharp(sample).resize(80, 60).greyscale().toColourspace('b-w').png().toFile(grey);
    expect((await sharp(grey).metadata()).channels).toBe(1);
    const made = await good(engine, grey);
    expect((await sharp(made.output).metadata()).channels).toBe(1);
    expect(made.receipt.losses).toEqual([]);
    const cmyk = join(engine.folder, 'print.jpg');
    await sharp(sample).resize(80, 60).toColourspace('cmyk').jpeg().toFile(cmyk);
    const printed = await good(engine, cmyk);
    expect((await sharp(printed.output).metadata()).space).toBe('srgb');
    expect(printed.receipt.losses.join(' ')).toMatch(/CMYK/);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i is applied once', async (orientation) => {
    await using engine = await openEngine();
    const source = join(engine.folder, 'turned.jpg');
    await sharp(sample)
      .resize(60, 40)
      .withExif({})
      .withMetadata({ orientation })
      .jpeg({ quality: 95 })
      .toFile(source);
    const upright = await sharp(source)
      .rotate()
      .resize({ width: orientation > 4 ? 160 : 240 })
      .toBuffer();
    const { output, receipt } = await good(engine, source, { format: 'png' });
    expect([receipt.output.width, receipt.output.height]).toEqual(orientation > 4 ? [160, 240] : [240, 160]);
    expect((await sharp(output).metadata()).orientation ?? 1).toBe(1);
    const { mean } = differences((await pixels(output)).data, (await pixels(upright)).data);
    expect(mean).toBeLessThan(12);
  });

  test('every format is written, and those without loss agree to the bit', async () => {
    await using engine = await openEngine();
    const source = await cut(engine.folder, 'small.png', 48, 36);
    const outputs = new Map<string, string>();
    for (const format of ['png', 'jpeg', 'webp', 'avif', 'tiff'] as const) {
      const { output, receipt } = await good(engine, source, { format, lossless: format === 'webp' });
      expect(receipt.output.format).toBe(format);
      const { width, height, format: found } = await sharp(output).metadata();
      expect([width, height, found === 'heif' ? 'avif' : found]).toEqual([192, 144, format]);
      outputs.set(format, output);
    }
    const png = (await pixels(outputs.get('png')!)).data;
    for (const format of ['webp', 'tiff'])
      expect((await pixels(outputs.get(format)!)).data.equals(png), format).toBe(true);
  });

  test.each([
    [{ kind: 'factor', factor: 2 }, 120, 90],
    [{ kind: 'factor', factor: 3 }, 180, 135],
    [{ kind: 'factor', factor: 1 }, 60, 45],
    [{ kind: 'factor', factor: 6 }, 360, 270],
    [{ kind: 'width', pixels: 100 }, 100, 75],
    [{ kind: 'height', pixels: 100 }, 133, 100],
    [{ kind: 'percent', percent: 250 }, 150, 113],
  ] as const)('the size %j is kept to the pixel', async (scale, width, height) => {
    await using engine = await openEngine();
    const source = await cut(engine.folder, 'small.png', 60, 45);
    const { output } = await good(engine, source, { scale });
    const found = await sharp(output).metadata();
    expect([found.width, found.height]).toEqual([width, height]);
  });

  test('names never collide, nothing is overwritten unless asked, and a source never', async () => {
    await using engine = await openEngine();
    const target = join(engine.folder, 'results');
    await mkdir(target);
    const folder = await engine.handle(target);
    const twins = [
      await cut(join(engine.folder, 'a'), 'one.png', 40, 30),
      await cut(join(engine.folder, 'b'), 'one.png', 50, 30),
    ];
    await engine.upscale(twins, { folder });
    expect((await readdir(target)).sort()).toEqual(['one_x4 (2).png', 'one_x4.png']);
    await engine.upscale(twins.slice(0, 1), { folder });
    expect(await readdir(target)).toHaveLength(3);
    await engine.upscale(twins.slice(0, 1), { folder, overwrite: true });
    expect(await readdir(target)).toHaveLength(3);
    const before = await readFile(twins[0]!);
    const same = await good(engine, twins[0]!, { folder: null, overwrite: true, pattern: '{name}' });
    expect(same.output).not.toBe(twins[0]);
    expect(await readFile(twins[0]!)).toEqual(before);
    for (const name of ['図 – é à ü 🙂.png', `${'n'.repeat(251)}.png`, `${'é'.repeat(120)}.png`]) {
      const { output } = await good(engine, await cut(engine.folder, name, 24, 24), { folder });
      expect(Buffer.byteLength(output.split('/').at(-1) ?? '')).toBeLessThanOrEqual(255);
    }
  });

  test('overwriting replaces no source of the batch, by whatever links it is reached', async () => {
    await using engine = await openEngine();
    const own = join(engine.folder, 'own');
    const [first, second] = [await cut(own, 'a.png', 40, 30), await cut(own, 'a_x4.png', 30, 30)];
    await symlink(own, join(engine.folder, 'linked'));
    await mkdir(join(engine.folder, 'named'));
    await symlink(first, join(engine.folder, 'named', 'in.png'));
    const before = [await readFile(first), await readFile(second)];
    await engine.upscale([first, second], { overwrite: true });
    const linked = await engine.handle(join(engine.folder, 'linked'));
    await good(engine, first, { folder: linked, pattern: '{name}', overwrite: true });
    const given = join(engine.folder, 'named', 'in.png');
    await good(engine, given, { folder: await engine.handle(own), pattern: 'a', overwrite: true });
    expect([await readFile(first), await readFile(second)]).toEqual(before);
    expect(await readdir(own)).toContain('a_x4 (2).png');
  });

  test("a receipt that is there already is somebody's, and what a killed run left is cleared after a day", async () => {
    await using engine = await openEngine();
    const source = await cut(engine.folder, 'small.png', 24, 24);
    const kept = join(engine.folder, 'small_x4.png.receipt.json');
    await writeFile(kept, 'of a picture that was moved');
    const left = (letter: string): string => join(engine.folder, `.refinery-${letter}-0a1b2c.part.png`);
    for (const letter of ['o', 'n']) await writeFile(left(letter), 'half');
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await utimes(left('o'), yesterday, yesterday);
    await good(engine, source, { sidecar: true });
    expect(await readFile(kept, 'utf8')).toBe('of a picture that was moved');
    const names = await readdir(engine.folder);
    expect(names).toContain('small_x4.png.receipt-2.json');
    expect(names.filter((name) => name.startsWith('.refinery-'))).toEqual(['.refinery-n-0a1b2c.part.png']);
  });

  test('the receipt tells what happened, and lies beside the result when asked', async () => {
    await using engine = await openEngine();
    const source = await cut(engine.folder, 'small.png', 40, 30);
    const { output, receipt } = await good(engine, source, { sidecar: true });
    const { createHash } = await import('node:crypto');
    const hash = async (path: string) =>
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
    expect(receipt.input.sha256).toBe(await hash(source));
    expect(receipt.output.sha256).toBe(await hash(output));
    expect(receipt.model.id).toBe('srx4');
    expect(receipt.device.precision).toBe('f32');
    expect(receipt.checks.every(({ passed }) => passed)).toBe(true);
    expect(receipt.checks.map(({ name }) => name).sort()).toEqual([
      'agrees-with-input',
      'finite',
      'not-flat',
      'readable',
      'size',
    ]);
    expect(JSON.parse(await readFile(`${output}.receipt.json`, 'utf8'))).toEqual(receipt);
  });

  test('a pattern of single dots, of which no network can know better, still counts as its picture', async () => {
    await using engine = await openEngine();
    const [width, height] = [96, 64];
    const dots = Buffer.from(
      Array.from({ length: width * height }, (_, at) => (((at % width) + Math.floor(at / width)) % 2) * 255),
    );
    const source = join(engine.folder, 'dots.png');
    await sharp(dots, { raw: { width, height, channels: 1 } })
      .png()
      .toFile(source);
    expect((await one(engine, source, { model: 'srx4' })).job.state).toBe('done');
  });

  describe('bad input', () => {
    test('each fails with a sentence that says what to do, and the rest goes on', async () => {
      await using engine = await openEngine();
      const folder = join(engine.folder, 'in');
      await mkdir(folder);
      const whole = await readFile(sample);
      const path = (name: string): string => join(folder, name);
      await writeFile(path('truncated.jpg'), whole.subarray(0, 9_000));
      await writeFile(path('empty.png'), '');
      await writeFile(path('text.jpg'), 'This is not a picture at all.');
      await writeFile(path('bomb.png'), await bomb(60_000));
      await writeFile(path('jpeg.png'), whole);
      await sharp(sample).resize(1, 40, { fit: 'fill' }).png().toFile(path('thin.png'));
      const good = await cut(folder, 'good.png', 40, 30);
      const names = ['truncated.jpg', 'empty.png', 'text.jpg', 'bomb.png', 'jpeg.png', 'thin.png'];
      const outcomes = await engine.upscale([...names.map(path), good]);
      const codes = Object.fromEntries(outcomes.map(({ job }) => [job.title, job.error?.code ?? job.state]));
      expect(codes).toEqual({
        'truncated.jpg': 'INPUT_TRUNCATED',
        'empty.png': 'INPUT_EMPTY',
        'text.jpg': 'INPUT_UNSUPPORTED',
        'bomb.png': 'INPUT_TOO_LARGE',
        'jpeg.png': 'done',
        'thin.png': 'done',
        'good.png': 'done',
      });
      for (const { job } of outcomes) if (job.error) expect(job.error.hint, job.title).toBeTruthy();
      const left = (await readdir(folder)).filter((name) => name.startsWith('.'));
      expect(left).toEqual([]);
    });

    test('of an animation the first frame is taken, and it says so', async () => {
      await using engine = await openEngine();
      const source = join(engine.folder, 'moving.gif');
      const frame = (color: string) => ({
        create: { width: 40, height: 30, channels: 3 as const, background: color },
      });
      const frames = await Promise.all(
        ['#c02020', '#20c020', '#2020c0'].map((color) => sharp(frame(color)).png().toBuffer()),
      );
      await sharp(frames, { join: { animated: true } })
        .gif()
        .toFile(source);
      const { receipt, output } = await good(engine, source, { format: 'png' });
      expect(receipt.losses.join(' ')).toMatch(/3 frames.*first/i);
      const { data } = await pixels(output);
      expect(data[0]).toBeGreaterThan(150);
      expect(data[1]).toBeLessThan(80);
    });

    test('a folder that is gone, or can’t be written, fails its pictures and nothing else', async () => {
      await using engine = await openEngine();
      const source = await cut(engine.folder, 'good.png', 40, 30);
      const target = join(engine.folder, 'results');
      await mkdir(target);
      const folder = await engine.handle(target);
      await writeFile(join(engine.folder, 'blocked'), '');
      const { rm, rename } = await import('node:fs/promises');
      await rm(target, { recursive: true });
      await rename(join(engine.folder, 'blocked'), target);
      const { job } = await one(engine, source, { folder });
      expect(job.error?.code).toBe('OUTPUT_NOT_WRITABLE');
      expect(job.error?.hint).toBeTruthy();
      expect((await one(engine, source, { folder: null })).job.state).toBe('done');
    });

    test.skipIf(process.getuid?.() === 0)(
      'a file without permission says so (skipped for root, who may read all)',
      async () => {
        await using engine = await openEngine();
        const source = await cut(engine.folder, 'secret.png', 40, 30);
        await chmod(source, 0);
        expect((await one(engine, source)).job.error?.code).toBe('INPUT_UNREADABLE');
      },
    );

    test('a result that can’t be trusted is never done', async () => {
      await using engine = await openEngine();
      const source = await cut(engine.folder, 'good.png', 48, 36);
      const handle = await engine.handle(network('zeros4.onnx'));
      const { entry } = await engine.client.call('models.addCustom', {
        handle,
        name: 'Black',
        interface: {
          scale: 4,
          layout: 'NCHW',
          channels: 'RGB',
          inputRange: 1,
          outputRange: 1,
          enlargedInput: false,
          overlap: 0,
          fixedSize: null,
        },
      });
      const { job } = await one(engine, source, { model: entry.id });
      expect(job.error?.code).toBe('OUTPUT_CHECK_FAILED');
      expect((await readdir(engine.folder)).filter((name) => name.includes('good')).sort()).toEqual([
        'good.png',
      ]);
    });
  });
});

/** A PNG of one bit a pixel: 450 MB once unpacked, half a megabyte as a file. */
async function bomb(side: number): Promise<Buffer> {
  const { crc32, deflateSync } = await import('node:zlib');
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1;
  const rows = deflateSync(Buffer.alloc((side / 8 + 1) * side), { level: 1 });
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
