import { spawn } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { link, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { detectInArchive, detectSets, listFolder } from '../src-main/engine/datasets/index.ts';
import { Random } from '../src-main/engine/datasets/transforms/random.ts';
import { publish, root, row, spread } from './lib.ts';

/**
 * Sets of 20,000 pictures with 200,000 boxes, COCO to YOLO, COCO to VOC and VOC to COCO, against Datumaro, a plain Python
 * script and Ultralytics' converter (where REFINERY_BENCH_ULTRALYTICS names a Python that has it). Ours is the whole
 * command: it plans, writes, reads everything back, compares and writes a receipt. The others write. All take turns.
 * `cp` is the floor: `cp -r` of our result, which reads and writes the same files and does nothing else.
 *
 * Then a million boxes, half of them with an outline, there and back: the most memory that the command holds. Then how
 * long it takes to tell what a folder of 100,000 files is.
 *
 * It works in memory where there is a disk of it: on ext4, files are made ten times slower for minutes after many were
 * deleted, so that each run would be measured by what the one before it left.
 *
 * usage: datasets.bench.ts [rounds] [pictures]
 */

const rounds = Number(process.argv[2] ?? 3);
const pictures = Number(process.argv[3] ?? 20_000);
const perPicture = 10;
const classes = 80;
const side = 64;
const python = process.env['REFINERY_BENCH_PYTHON'] ?? '';
const ultralytics = process.env['REFINERY_BENCH_ULTRALYTICS'] ?? '';
const memoryDisk = '/dev/shm';
/** What `refinery` runs. */
const command = process.env['REFINERY_BENCH_COMMAND'] ?? join(root, 'src-main', 'cli', 'main.ts');

interface Run {
  readonly seconds: number;
  readonly cpu: number;
  readonly peakMegabytes: number;
  /** Wall seconds of our stages. */
  readonly stages?: Readonly<Record<string, number>>;
}

const folder = await mkdtemp(join(existsSync(memoryDisk) ? memoryDisk : tmpdir(), 'refinery-bench-'));
try {
  await main();
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** A COCO set: sixteen pictures under many names, boxes at random; every second object with an outline if wanted. */
async function makeSet(name: string, count: number, outlines: boolean): Promise<string> {
  const random = new Random(7);
  const between = (least: number, most: number): number => least + ((most - least) * random.next()) / 2 ** 32;
  const set = join(folder, name);
  await mkdir(join(set, 'annotations'), { recursive: true });
  const bases: string[] = [];
  for (let base = 0; base < 16; base += 1) {
    const path = join(set, `base-${base}.jpg`);
    const pixels = Buffer.from(Array.from({ length: side * side * 3 }, () => random.below(256)));
    const picture = sharp(pixels, { raw: { width: side, height: side, channels: 3 } });
    await picture.blur(4).jpeg({ quality: 85 }).toFile(path);
    bases.push(path);
  }
  const categories = Array.from({ length: classes }, (_, index) => ({
    id: index + 1,
    name: `class_${index}`,
  }));
  for (const [subset, from, to] of [
    ['train', 0, count * 0.8],
    ['val', count * 0.8, count],
  ] as const) {
    await mkdir(join(set, 'images', subset), { recursive: true });
    const images: object[] = [];
    const annotations: string[] = [];
    for (let index = from; index < to; index += 1) {
      const file_name = `${String(index).padStart(12, '0')}.jpg`;
      await link(bases[index % 16]!, join(set, 'images', subset, file_name));
      images.push({ id: index + 1, width: side, height: side, file_name });
      for (let turn = 0; turn < perPicture; turn += 1) {
        const [x, y, across, down] = [between(12, 52), between(12, 52), between(3, 11), between(3, 11)];
        const corners = 8 + random.below(13);
        const ring = Array.from({ length: corners }, (_, corner) => (2 * Math.PI * corner) / corners).flatMap(
          (angle) => [rounded(x + across * Math.cos(angle)), rounded(y + down * Math.sin(angle))],
        );
        const object = {
          id: annotations.length + 1,
          image_id: index + 1,
          category_id: 1 + random.below(classes),
          iscrowd: 0,
          segmentation: outlines && turn % 2 === 0 ? [ring] : [],
          area: rounded(4 * across * down),
          bbox: [x - across, y - down, 2 * across, 2 * down].map(rounded),
        };
        annotations.push(JSON.stringify(object));
      }
    }
    const head = JSON.stringify({ images, categories }).slice(0, -1);
    const path = join(set, 'annotations', `instances_${subset}.json`);
    await writeFile(path, `${head},"annotations":[`);
    for (let at = 0; at < annotations.length; at += 10_000) {
      const part = annotations.slice(at, at + 10_000).join(',');
      await writeFile(path, `${at === 0 ? '' : ','}${part}`, { flag: 'a' });
    }
    await writeFile(path, ']}', { flag: 'a' });
  }
  return set;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function started(
  command: string,
  args: readonly string[],
  onLine: (line: string, seconds: number) => void = () => undefined,
): Promise<{ seconds: number; last: string }> {
  return new Promise((resolve, reject) => {
    const before = performance.now();
    const elapsed = (): number => (performance.now() - before) / 1000;
    // As scripts/refinery.mjs does.
    const own = {
      NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compiled'),
      MALLOC_ARENA_MAX: '2',
      MALLOC_MMAP_THRESHOLD_: '131072',
    };
    const env = { ...(command === process.execPath ? own : {}), ...process.env };
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    let [rest, last, errors] = ['', '', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk.toString()}`.split('\n');
      rest = lines.pop()!;
      for (const line of lines) onLine(line, elapsed());
      last = lines.at(-1) ?? last;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors = `${errors}${chunk.toString()}`.slice(-2000);
    });
    child.once('close', (code) => {
      if (code === 0) resolve({ seconds: elapsed(), last });
      else reject(new Error(`${command} ${args[0]} ended with ${code}: ${errors}`));
    });
  });
}

/** The command as it is typed. What it used is written to a file when it ends. */
async function ours(from: string, to: string, source: string, output: string, media: string): Promise<Run> {
  const used = join(folder, 'used.json');
  const note = `import { writeFileSync } from 'node:fs'; process.on('exit', () => writeFileSync(${JSON.stringify(used)}, JSON.stringify(process.resourceUsage())));`;
  const stages: Record<string, number> = {};
  let [stage, since] = ['starting', 0];
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--min-semi-space-size=4',
    '--import',
    `data:text/javascript,${encodeURIComponent(note)}`,
    command,
    ...['convert', source, '--from', from, '--to', to, '-o', output, '--media', media, '--json'],
  ];
  const { seconds, last } = await started(process.execPath, args, (line, at) => {
    const told = JSON.parse(line) as { event: string; stage?: string };
    if (told.event !== 'progress' || told.stage === undefined || told.stage === stage) return;
    stages[stage] = at - since;
    [stage, since] = [told.stage, at];
  });
  stages[stage] = seconds - since;
  const { check } = JSON.parse(last) as { check: string };
  if (check !== 'passed') throw new Error(`The conversion to ${to} was not good: ${check}`);
  const usage = JSON.parse(await readFile(used, 'utf8')) as NodeJS.ResourceUsage;
  const cpu = (usage.userCPUTime + usage.systemCPUTime) / 1e6;
  return { seconds, cpu, peakMegabytes: usage.maxRSS / 1000, stages };
}

async function peer(
  who: string,
  how: string,
  source: string,
  output: string,
  interpreter = python,
): Promise<Run> {
  const script = join(root, 'bench', 'datasets_peers.py');
  const { seconds, last } = await started(interpreter, [script, who, how, source, output]);
  return { seconds, ...(JSON.parse(last) as Omit<Run, 'seconds'>) };
}

/** Who takes turns at a conversion, by the name in the table. */
function runnersOf(how: string, from: string, to: string, source: string, kept: string) {
  const output = join(folder, 'output');
  const runners: Record<string, () => Promise<Run>> = {
    ours: () => ours(from, to, source, output, 'copy'),
    'ours, pictures linked': () => ours(from, to, source, output, 'link'),
    'ours, no pictures': () => ours(from, to, source, output, 'none'),
  };
  if (python !== '') {
    runners['datumaro'] = () => peer('datumaro', how, source, output);
    runners['datumaro, no pictures'] = () => peer('datumaro_bare', how, source, output);
    runners['script'] = () => peer('script', how, source, output);
    runners['cp'] = () => peer('cp', how, kept, output);
  }
  if (ultralytics !== '' && how === 'coco_yolo') {
    runners['ultralytics, no pictures'] = () => peer('ultralytics', how, source, output, ultralytics);
  }
  return { runners, output };
}

async function main(): Promise<void> {
  const coco = await makeSet('coco', pictures, false);
  const voc = join(folder, 'voc');
  await ours('coco_instances', 'voc_detection', coco, voc, 'link');
  const conversions = [
    { how: 'coco_yolo', from: 'coco_instances', to: 'yolo_ultralytics', source: coco },
    { how: 'coco_voc', from: 'coco_instances', to: 'voc_detection', source: coco },
    { how: 'voc_coco', from: 'voc_detection', to: 'coco_instances', source: voc },
  ];
  const figures: Record<string, unknown> = {};
  row('', 'wall, s', 'median', 'CPU, s', 'median', 'peak, MB');
  for (const { how, from, to, source } of conversions) {
    const kept = join(folder, `kept-${how}`);
    await ours(from, to, source, kept, 'copy');
    const { runners, output } = runnersOf(how, from, to, source, kept);
    const runs = new Map<string, Run[]>();
    for (let round = 0; round < rounds; round += 1) {
      for (const [who, run] of Object.entries(runners)) {
        runs.set(who, [...(runs.get(who) ?? []), await run()]);
        await rm(output, { recursive: true, force: true });
        await rm(`${output}.receipt.json`, { force: true });
      }
    }
    await rm(kept, { recursive: true, force: true });
    console.log(`${how}: ${pictures} pictures, ${pictures * perPicture} boxes`);
    const spreads: Record<string, unknown> = {};
    for (const [who, all] of runs) {
      const seconds = spread(all.map((run) => run.seconds));
      const cpu = spread(all.map((run) => run.cpu));
      const peak = Math.max(...all.map((run) => run.peakMegabytes));
      const times = [seconds.minimum, seconds.median, cpu.minimum, cpu.median].map((time) => time.toFixed(2));
      row(`  ${who}`, ...times, peak.toFixed(0));
      const fastest = all.reduce((best, run) => (run.seconds < best.seconds ? run : best));
      spreads[who] = { seconds, cpu, peakMegabytes: peak, stages: fastest.stages };
      const stages = Object.entries(fastest.stages ?? {}).map(([name, time]) => `${name} ${time.toFixed(2)}`);
      if (stages.length > 0) console.log(`    ${stages.join(', ')}`);
    }
    figures[how] = spreads;
  }
  const million = await measureMillion();
  const detection = await measureDetection(coco);
  await publish('datasets', {
    rounds,
    pictures,
    boxes: pictures * perPicture,
    ...figures,
    million,
    detection,
  });
}

/** Most memory of conversions of five times the pictures, in megabytes. */
async function measureMillion(): Promise<Record<string, number>> {
  const source = await makeSet('million', 5 * pictures, true);
  const back = join(folder, 'million-voc');
  const memory: Record<string, number> = {};
  for (const [name, from, to, set, output] of [
    ['coco_yolo', 'coco_instances', 'yolo_ultralytics', source, join(folder, 'million-yolo')],
    ['coco_voc', 'coco_instances', 'voc_detection', source, back],
    ['voc_coco', 'voc_detection', 'coco_instances', back, join(folder, 'million-coco')],
  ] as const) {
    const { peakMegabytes, seconds, cpu } = await ours(from, to, set, output, 'link');
    memory[name] = peakMegabytes;
    const label = `${name}, ${5 * pictures * perPicture} boxes`;
    row(label, seconds.toFixed(2), '', cpu.toFixed(2), '', peakMegabytes.toFixed(0));
  }
  return memory;
}

/** Milliseconds to tell the format of folders of 100,000 files, and of a zip file of a set. */
async function measureDetection(coco: string): Promise<Record<string, unknown>> {
  const base = join(coco, 'base-0.jpg');
  const label = join(folder, 'label.txt');
  writeFileSync(label, '0 0.5 0.5 0.1 0.1\n');
  const xml = join(folder, 'voc', 'Annotations', '000000000000.xml');
  const fill = (paths: Iterable<readonly [from: string, to: string]>, set: string): void => {
    const made = new Set<string>();
    for (const [from, to] of paths) {
      const target = join(folder, set, to);
      if (!made.has(dirname(target))) mkdirSync(dirname(target), { recursive: true });
      made.add(dirname(target));
      linkSync(from, target);
    }
  };
  const each = <Value>(count: number, of: (index: number) => Value[]): Value[] =>
    Array.from({ length: count }, (_, index) => of(index)).flat();
  fill(
    each(50_000, (at) => [
      [base, `images/train/${at}.jpg`] as const,
      [label, `labels/train/${at}.txt`] as const,
    ]),
    'detect/yolo',
  );
  writeFileSync(join(folder, 'detect/yolo/data.yaml'), 'train: images/train\nnames: [a]\n');
  fill(
    each(50_000, (at) => [[base, `JPEGImages/${at}.jpg`] as const, [xml, `Annotations/${at}.xml`] as const]),
    'detect/voc',
  );
  fill([[label, 'ImageSets/Main/train.txt']], 'detect/voc');
  fill(
    each(100_000, (at) => [[base, `images/train/${at}.jpg`] as const]),
    'detect/coco',
  );
  fill([[join(coco, 'annotations/instances_train.json'), 'annotations/instances_train.json']], 'detect/coco');
  fill(
    each(100_000, (at) => [[base, `class_${at % 1000}/${at}.jpg`] as const]),
    'detect/imagenet',
  );
  const found: Record<string, unknown> = {};
  for (const set of ['coco', 'yolo', 'voc', 'imagenet']) {
    found[set] = await timed(set, async () => detectSets(await listFolder(join(folder, 'detect', set))));
  }
  if (python !== '') {
    const zip = join(folder, 'coco.zip');
    await peer('zip', '', coco, zip);
    found['zip'] = await timed('zip', () => detectInArchive(zip));
  }
  return found;
}

async function timed(
  name: string,
  detect: () => Promise<{ readonly candidates: readonly { readonly format: { readonly name: string } }[] }>,
) {
  const times: number[] = [];
  let format = '';
  for (let turn = 0; turn < Math.max(2, rounds); turn += 1) {
    const before = performance.now();
    format = (await detect()).candidates[0]?.format.name ?? '';
    times.push(performance.now() - before);
  }
  const { minimum, median } = spread(times);
  row(`detect ${name}: ${format}, ms`, minimum.toFixed(0), median.toFixed(0));
  return { format, milliseconds: spread(times) };
}
