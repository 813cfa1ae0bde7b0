import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { create } from 'tar';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ModelManifest } from '../contract/models.ts';
import { Receipt } from '../contract/upscale.ts';
import { hasOpenVino, resources, sample } from '../engine/host/fixtures/engine.ts';
import { ModelCatalogue } from '../engine/models/index.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly lines: string[];
  readonly errors: string;
}

function refinery(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
      env: { ...process.env, REFINERY_DATA_DIR: join(folder, 'data') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.once('close', (code) => resolve({ code, lines: output.split('\n').filter(Boolean), errors }));
  });
}

const parse = (lines: readonly string[]): Array<Record<string, unknown>> =>
  lines.map((line) => JSON.parse(line) as Record<string, unknown>);

describe.skipIf(!hasOpenVino)(`refinery upscale${hasOpenVino ? '' : ' (OpenVINO is not here)'}`, () => {
  test('prints one JSON object a line, with receipt and full paths, and ends with 0', async () => {
    const source = join(folder, 'small.png');
    await sharp(sample).resize(60, 40).png().toFile(source);
    const output = join(folder, 'out');
    const { code, lines } = await refinery('upscale', source, '--output', output, '--json');
    expect(code).toBe(0);
    const events = parse(lines);
    const done = events.find(({ event }) => event === 'done');
    expect(done).toMatchObject({ input: source, output: join(output, 'small_x4.png') });
    expect(Receipt.parse(done?.['receipt']).output).toMatchObject({ width: 240, height: 160 });
    expect(events.at(-1)).toEqual({ event: 'end', done: 1, failed: 0 });
    const [month] = await readdir(join(folder, 'data', 'receipts'));
    const kept = await readFile(join(folder, 'data', 'receipts', month!), 'utf8');
    expect(parse(kept.trim().split('\n'))).toEqual([{ output: done!['output'], receipt: done!['receipt'] }]);
  });

  test('a path that is not there is told as it is, and a pattern that means nothing is refused', async () => {
    const gone = join(folder, 'gone.png');
    const { code, lines } = await refinery('upscale', gone, '--json');
    expect(code).toBe(1);
    expect(parse(lines)[0]).toMatchObject({
      event: 'failed',
      input: gone,
      error: { message: 'It is not there.' },
    });
    const refused = await refinery('upscale', gone, '--pattern', '{name}_{nope}');
    expect([refused.code, refused.errors]).toEqual([2, expect.stringContaining('{nope} means nothing')]);
    const help = await refinery('upscale', '--help');
    expect(help.lines.join(' ')).toContain('(default: 4)');
  });

  test('a folder is searched; one picture that fails is told with code and hint, and the code is 1', async () => {
    await sharp(sample).resize(60, 40).png().toFile(join(folder, 'good.png'));
    await writeFile(join(folder, 'empty.png'), '');
    const { code, lines } = await refinery('upscale', folder, '--scale', '2', '--format', 'webp', '--json');
    expect(code).toBe(1);
    const failed = parse(lines).find(({ event }) => event === 'failed');
    expect(failed).toMatchObject({
      input: join(folder, 'empty.png'),
      error: { code: 'INPUT_EMPTY', message: expect.any(String), hint: expect.any(String) },
    });
    expect((await readdir(folder)).sort()).toEqual(['data', 'empty.png', 'good.png', 'good_x2.webp']);
  });

  test('a network that is named by its file is used, and not kept', async () => {
    const source = join(folder, 'small.png');
    await sharp(sample).resize(60, 40).png().toFile(source);
    const { code, lines } = await refinery(
      ...['upscale', source, '--model', join(resources, 'models', 'srx4_photo.xml'), '--json'],
    );
    expect(code).toBe(0);
    const done = parse(lines).find(({ event }) => event === 'done');
    expect(Receipt.parse(done?.['receipt']).model.id).toMatch(/^custom-/);
    // Nothing that a command which is killed could leave behind.
    expect(existsSync(join(folder, 'data', 'models'))).toBe(false);
  });

  test('what a person answered of a network is used where its file is named', async () => {
    const source = join(folder, 'small.png');
    await sharp(sample).resize(60, 40).png().toFile(source);
    const network = join(resources, 'models', 'srx4.xml');
    const { models: entries } = ModelManifest.parse(
      JSON.parse(await readFile(join(resources, 'models', 'manifest.json'), 'utf8')),
    );
    const answered = { ...entries.find(({ id }) => id === 'srx4')!.interface, channels: 'RGB' as const };
    const catalogue = new ModelCatalogue({
      embedded: join(resources, 'models'),
      data: join(folder, 'data', 'models'),
      openvino: () => Promise.reject(new Error('not needed')),
      samples: folder,
      cacheDir: folder,
    });
    await catalogue.addCustom(network, 'Mine', answered);
    const list = await readFile(join(folder, 'data', 'models', 'custom.json'), 'utf8');
    const { code } = await refinery('upscale', source, '--model', network, '--precision', 'f32', '--json');
    expect(code).toBe(0);
    expect(await readFile(join(folder, 'data', 'models', 'custom.json'), 'utf8')).toBe(list);
    // Read as RGB it gives another picture than as BGR.
    await refinery('upscale', source, '--model', 'srx4', '--precision', 'f32', '--pattern', 'bgr', '--json');
    const [rgb, bgr] = [join(folder, 'small_x4.png'), join(folder, 'bgr.png')];
    expect(await sharp(rgb).raw().toBuffer()).not.toEqual(await sharp(bgr).raw().toBuffer());
  });

  test('what is left out of a folder is told, and a pipe among the pictures is none', async () => {
    await sharp(sample).resize(40, 30).png().toFile(join(folder, 'good.png'));
    for (const name of ['scan.bmp', 'raw.CR2', 'notes.txt']) await writeFile(join(folder, name), 'x');
    await promisify(execFile)('mkfifo', [join(folder, 'pipe.png')]);
    const { code, lines } = await refinery('upscale', folder, '--json');
    expect(code).toBe(0);
    const notices = parse(lines).filter(({ event }) => event === 'notice');
    expect(notices.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^2 pictures of formats that are not read are left out: .*(scan.bmp|raw.CR2)/),
    ]);
    expect(parse(lines).at(-1)).toEqual({ event: 'end', done: 1, failed: 0 });
  });

  test.each([
    [['']],
    [['a.png', '-o', '']],
    [['a.png', '--seed', ' ']],
    [['a.png', '--effort', '']],
    [['a.png', '--device', '']],
    [['a.png', '--pattern', '']],
  ])('%j is a mistake of usage: a variable that is not set is neither a folder nor 0', async (args) => {
    const { code, errors } = await refinery('upscale', ...args);
    expect(code).toBe(2);
    expect(errors).toContain('invalid');
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends it with 130, and nothing half written',
    async (signal) => {
      for (let at = 0; at < 40; at += 1)
        await sharp(sample)
          .resize(300, 200)
          .png()
          .toFile(join(folder, `${at}.png`));
      const output = join(folder, 'out');
      const args = ['--disable-warning=ExperimentalWarning', main, 'upscale', folder, '-o', output, '--json'];
      const child = spawn(process.execPath, args, {
        env: { ...process.env, REFINERY_DATA_DIR: join(folder, 'data') },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let told = '';
      child.stdout.on('data', (chunk: Buffer) => {
        const before = told.includes('"event":"done"');
        told += chunk.toString();
        if (!before && told.includes('"event":"done"')) child.kill(signal);
      });
      const code = await new Promise((resolve) => child.once('close', resolve));
      expect(code).toBe(130);
      const made = await readdir(output);
      expect(made.length).toBeLessThan(40);
      expect(made.filter((name) => !/^\d+_x4\.png$/.test(name))).toEqual([]);
      for (const name of made) await sharp(join(output, name)).stats();
    },
  );

  test('a person reads lines, not JSON', async () => {
    const source = join(folder, 'small.png');
    await sharp(sample).resize(60, 40).png().toFile(source);
    const { code, lines } = await refinery('upscale', source);
    expect(code).toBe(0);
    expect(lines.join('\n')).toMatch(/Done\s+small\.png\s+240 × 160/);
    expect(lines.at(-1)).toBe('1 done');
  });

  test('devices, models and doctor tell what is here', async () => {
    const devices = await refinery('devices', '--json');
    expect(devices.code).toBe(0);
    expect(devices.lines.join('')).toContain('"CPU"');
    const models = await refinery('models', '--json');
    expect(models.code).toBe(0);
    expect(models.lines.join('')).toContain('"srx4_photo"');
    const doctor = await refinery('doctor');
    expect(doctor.code).toBe(0);
    expect(doctor.lines.join('\n')).toMatch(/OpenVINO/);
  });
});

const runs = join(resources, '..', 'shared', 'jpqd', 'run');
describe.skipIf(!existsSync(runs))(
  `refinery monitor${existsSync(runs) ? '' : ' (the runs are not here)'}`,
  () => {
    test('explains a good training, and ends with 0', async () => {
      const { code, lines } = await refinery('monitor', join(runs, 'jpqd', 'output'));
      expect(code).toBe(0);
      const text = lines.join('\n');
      expect(text).toMatch(/Step\s+288 of 288/);
      expect(text).toMatch(/layer 1\s+heads 2 of 4, feed-forward 337 of 512/);
      expect(text).toMatch(/Sparsity falls from 73.0 % to 39.3 %/);
    });

    test('says why a training failed and what to change, and ends with 1', async () => {
      const { code, lines } = await refinery('monitor', join(runs, 'fail_all_heads_pruned'), '--json');
      expect(code).toBe(1);
      const { advice } = parse(lines)[0] as {
        advice: Array<{ id: string; severity: string; change: string }>;
      };
      expect(advice[0]?.severity).toBe('error');
      expect(advice.map(({ id }) => id).join(' ')).toMatch(/collapsed/);
    });
  },
);

const corpus = join(resources, '..', 'shared', 'datasets', 'corpus');
describe.skipIf(!existsSync(corpus))(
  `refinery convert${existsSync(corpus) ? '' : ' (the sets are not here)'}`,
  () => {
    test('detect names the format, with reasons', async () => {
      const { code, lines } = await refinery('detect', join(corpus, 'voc'), '--json');
      expect(code).toBe(0);
      const { candidates } = parse(lines)[0] as { candidates: Array<{ format: string; reasons: string[] }> };
      expect(candidates[0]).toMatchObject({ format: 'voc', reasons: [expect.any(String)] });
      await mkdir(join(folder, 'empty'));
      const nothing = await refinery('detect', join(folder, 'empty'), '--json');
      expect(nothing.code).toBe(1);
    });

    test('says before what is lost, converts, reads back, and never writes over anything', async () => {
      const source = join(corpus, 'coco_instances@clean');
      const output = join(folder, 'yolo');
      const dry = await refinery('convert', source, '--to', 'yolo_ultralytics', '-o', output, '--dry-run');
      expect(dry.code).toBe(0);
      expect(dry.lines.join('\n')).toMatch(/box\s+\d+ kept/);
      expect(existsSync(output)).toBe(false);
      const made = await refinery('convert', source, '--to', 'yolo_ultralytics', '-o', output, '--json');
      expect(made.code).toBe(0);
      const events = parse(made.lines);
      const plan = events.find(({ event }) => event === 'plan');
      const done = events.find(({ event }) => event === 'done');
      expect(plan).toMatchObject({ event: 'plan', from: 'coco_instances', to: 'yolo_ultralytics' });
      expect(done?.['items']).toBe(plan?.['items']);
      expect(done?.['readBack']).toMatchObject({ items: plan?.['items'] });
      const again = await refinery('convert', source, '--to', 'voc', '-o', output, '--json');
      expect(again.code).toBe(1);
      expect(parse(again.lines).at(-1)).toMatchObject({ event: 'error', error: { code: 'OUTPUT_EXISTS' } });
    });

    test('what is typed is a recipe, and the recipe gives the same set', async () => {
      const source = join(corpus, 'coco_instances@clean');
      const [typed, again, recipe] = ['typed', 'again', 'recipe.yaml'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      const options = ['--to', 'datumaro', '--split', 'train=0.5,val=0.5', '--seed', '3', '--media', 'link'];
      const changes = ['--transform', 'filter:annotations="area > 50"', '--transform', 'shapes_to_boxes'];
      const made = await refinery(
        'convert',
        source,
        ...options,
        ...changes,
        '-o',
        typed,
        '--save-recipe',
        recipe,
      );
      expect([made.code, made.errors]).toEqual([0, '']);
      expect(await readFile(recipe, 'utf8')).toMatch(/^version: 1\nto: datumaro\nmedia: link\n/);
      expect((await refinery('convert', source, '--recipe', recipe, '-o', again)).code).toBe(0);
      const same = await refinery('diff', typed, again, '--json');
      expect(same.code).toBe(0);
      expect(parse(same.lines)[0]).toMatchObject({ equal: true });
    });

    test('stats, validate and merge', async () => {
      const source = join(corpus, 'coco_instances@clean');
      const stats = await refinery('stats', source, '--json');
      expect(parse(stats.lines)[0]).toMatchObject({ format: 'coco_instances', items: expect.any(Number) });
      const faults = await refinery('validate', source, '--task', 'detection', '--json');
      expect(faults.code).toBe(1);
      expect(faults.lines.join('')).toContain('"check":"undefined_attribute","severity":"error"');
      const output = join(folder, 'merged');
      const merged = await refinery(
        'merge',
        source,
        source,
        '--to',
        'coco_instances',
        '-o',
        output,
        '--json',
      );
      expect(merged.code).toBe(0);
      const [items] = parse(stats.lines).map((entry) => entry['items']);
      expect(parse(merged.lines).at(-1)).toMatchObject({ event: 'done', items, check: 'passed' });
    });

    test('archives are compared and looked at as folders are', async () => {
      const source = join(corpus, 'coco_instances@clean');
      const archive = join(folder, 'set.tar');
      await create({ file: archive, cwd: source }, ['.']);
      const same = await refinery('diff', source, archive, '--json');
      expect([same.code, same.errors]).toEqual([0, '']);
      expect(parse(same.lines)[0]).toMatchObject({ equal: true });
      const dry = await refinery('convert', archive, '--to', 'voc', '--dry-run', '--json');
      expect([dry.code, dry.errors]).toEqual([0, '']);
      expect(parse(dry.lines).at(-1)).toMatchObject({ event: 'plan', from: 'coco_instances' });
    });

    test('names in a set command no terminal', async () => {
      const source = join(folder, 'set');
      await mkdir(join(source, 'annotations'), { recursive: true });
      const text = JSON.stringify({
        images: [{ id: 1, file_name: 'a.jpg', width: 9, height: 9 }],
        categories: [{ id: 1, name: 'c\u001b]0;mine\u0007at' }],
        annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 1, 3, 3] }],
      });
      await writeFile(join(source, 'annotations', 'instances_train.json'), text);
      const lines = (await refinery('stats', source)).lines.join('\n');
      expect(lines).toContain('c\\x1b]0;mine\\x07at');
      expect(lines).not.toContain('\u001b]');
    });

    test('what is typed wrongly is told with an example, and nothing is begun', async () => {
      const source = join(corpus, 'coco_instances@clean');
      const wrong = [
        ['--split', 'train=0.8,val=0.3', 'add up to 1'],
        ['--split', 'train=80%,val=20%', '80% is no part from 0 to 1'],
        ['--split', 'a=0.5,a=0.5', 'a is named twice'],
        ['--split', '', 'train=0.8,val=0.2'],
        ['--subset-map', 'valid', 'valid=val,testing=test'],
        ['--output', '', 'It is empty'],
      ] as const;
      for (const [option, value, said] of wrong) {
        const made = await refinery(
          'convert',
          source,
          '--to',
          'voc',
          '-o',
          join(folder, 'none'),
          option,
          value,
        );
        expect([value, made.code, made.errors]).toEqual([value, 2, expect.stringContaining(said)]);
      }
      expect(existsSync(join(folder, 'none'))).toBe(false);
      const help = await refinery('convert', '--help');
      expect(help.lines.join('\n')).toContain('$ refinery convert ');
    });

    test('merge and diff take formats and changes', async () => {
      const source = join(corpus, 'coco_instances@clean');
      const output = join(folder, 'merged boxes');
      const changes = ['--transform', 'shapes_to_boxes', '--split', 'train=1'];
      const formats = ['--from', 'coco_instances,coco_instances'];
      const to = ['--to', 'coco_instances', '-o', output, '--media', 'none'];
      const merged = await refinery('merge', source, source, ...formats, ...to, ...changes);
      expect([merged.code, merged.errors]).toEqual([0, '']);
      const receipt = JSON.parse(await readFile(`${output}.receipt.json`, 'utf8'));
      expect(receipt.source.merged.sets).toEqual([
        { path: source, format: 'coco_instances' },
        { path: source, format: 'coco_instances' },
      ]);
      const compare = ['diff', source, output, '--from', 'coco_instances', '--no-pictures', '--json'];
      const [found] = parse((await refinery(...compare, ...changes)).lines);
      const [other] = parse((await refinery(...compare)).lines);
      expect([found, other]).toMatchObject([
        { items: { changed: 0 } },
        { items: { same: expect.any(Number) } },
      ]);
      expect(other).not.toMatchObject({ items: { changed: 0 } });
      const wrong = await refinery('merge', source, source, '--from', 'coco,voc,yolo', ...to);
      expect(wrong.errors).toContain('--from names 3 formats for 2 sets');
    });
  },
);

test('the changes are listed, each with its options and by any of its names', async () => {
  const all = await refinery('transforms');
  expect(all.lines.join('\n')).toMatch(/^random_split +Joins all subsets/m);
  const one = await refinery('transforms', 'merge-labels');
  expect(one.lines.join('\n')).toMatch(/labels +old name: new name.*required/);
  expect(one.lines.join('\n')).toMatch(/default .*keep \| delete; "keep" unless said/);
  const json = parse((await refinery('transforms', 'tile', '--json')).lines);
  expect(json).toMatchObject([
    { name: 'tile', about: 'pictures', options: { required: ['width', 'height'] } },
  ]);
  expect((await refinery('transforms', 'nonsense')).code).not.toBe(0);
});

test.each([
  [['upscale']],
  [['upscale', 'a.png', '--scale', '99']],
  [['upscale', 'a.png', '--format', 'bmp']],
  [['nonsense']],
  [['convert', 'a', '--to', 'yolo', '-o', 'b', '--transform', 'nonsense']],
  [['convert', 'a', '--to', 'yolo', '-o', 'b', '--subset-map', 'valid']],
])('%j is a wrong command line: 2', async (args) => {
  const { code, errors } = await refinery(...args);
  expect(code).toBe(2);
  expect(errors.length).toBeGreaterThan(0);
});
