import { spawn } from 'node:child_process';
import { link, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { Random } from '../src-main/engine/datasets/transforms/random.ts';
import { publish, root, row, spread } from './lib.ts';

/**
 * Sets of 20,000 pictures with 200,000 boxes, COCO to YOLO, COCO to VOC and VOC to COCO, pictures copied, against
 * Datumaro and a plain Python script. Ours is the whole command: it plans, writes, reads everything back, compares and
 * writes a receipt. The others write. All take turns.
 *
 * Then a million boxes, half of them with an outline, there and back: the most memory that the command holds.
 *
 * usage: datasets.bench.ts [rounds] [pictures]
 */

const rounds = Number(process.argv[2] ?? 3);
const pictures = Number(process.argv[3] ?? 20_000);
const perPicture = 10;
const classes = 80;
const side = 64;
const python = process.env['REFINERY_BENCH_PYTHON'] ?? '';

interface Run {
  readonly seconds: number;
  readonly cpu: number;
  readonly peakMegabytes: number;
}

const folder = await mkdtemp(join(tmpdir(), 'refinery-bench-'));
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

function started(command: string, args: readonly string[]): Promise<{ seconds: number; lines: string[] }> {
  return new Promise((resolve, reject) => {
    const before = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors = `${errors}${chunk.toString()}`.slice(-2000);
    });
    child.once('close', (code) => {
      const seconds = (performance.now() - before) / 1000;
      if (code === 0) resolve({ seconds, lines: output.trim().split('\n') });
      else reject(new Error(`${command} ${args[0]} ended with ${code}: ${errors}`));
    });
  });
}

/** The command as it is typed. What it used is written to a file when it ends. */
async function ours(from: string, to: string, source: string, output: string, media: string): Promise<Run> {
  const used = join(folder, 'used.json');
  const note = `import { writeFileSync } from 'node:fs'; process.on('exit', () => writeFileSync(${JSON.stringify(used)}, JSON.stringify(process.resourceUsage())));`;
  const { seconds, lines } = await started(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    '--import',
    `data:text/javascript,${encodeURIComponent(note)}`,
    join(root, 'src-main', 'cli', 'main.ts'),
    ...['convert', source, '--from', from, '--to', to, '-o', output, '--media', media, '--json'],
  ]);
  const { check } = JSON.parse(lines.at(-1)!) as { check: string };
  if (check !== 'passed') throw new Error(`The conversion to ${to} was not good: ${check}`);
  const usage = JSON.parse(await readFile(used, 'utf8')) as NodeJS.ResourceUsage;
  const cpu = (usage.userCPUTime + usage.systemCPUTime) / 1e6;
  return { seconds, cpu, peakMegabytes: usage.maxRSS / 1000 };
}

async function peer(who: string, how: string, source: string, output: string): Promise<Run> {
  const script = join(root, 'bench', 'datasets_peers.py');
  const { seconds, lines } = await started(python, [script, who, how, source, output]);
  return { seconds, ...(JSON.parse(lines.at(-1)!) as Omit<Run, 'seconds'>) };
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
  row('', 'wall, s', 'CPU, s', 'peak, MB');
  for (const { how, from, to, source } of conversions) {
    const runs = new Map<string, Run[]>();
    for (let round = 0; round < rounds; round += 1) {
      for (const who of ['ours', ...(python ? ['datumaro', 'script'] : [])]) {
        const output = join(folder, 'output');
        const run =
          who === 'ours'
            ? await ours(from, to, source, output, 'copy')
            : await peer(who, how, source, output);
        runs.set(who, [...(runs.get(who) ?? []), run]);
        await rm(output, { recursive: true, force: true });
      }
    }
    console.log(`${how}: ${pictures} pictures, ${pictures * perPicture} boxes`);
    const spreads: Record<string, unknown> = {};
    for (const [who, all] of runs) {
      const seconds = spread(all.map((run) => run.seconds));
      const cpu = spread(all.map((run) => run.cpu));
      const peak = Math.max(...all.map((run) => run.peakMegabytes));
      row(`  ${who}`, seconds.minimum.toFixed(1), cpu.minimum.toFixed(1), peak.toFixed(0));
      spreads[who] = { seconds, cpu, peakMegabytes: peak };
    }
    figures[how] = spreads;
  }
  const million = await makeSet('million', 5 * pictures, true);
  const back = join(folder, 'million-voc');
  const memory: Record<string, number> = {};
  for (const [name, from, to, source, output] of [
    ['coco_yolo', 'coco_instances', 'yolo_ultralytics', million, join(folder, 'million-yolo')],
    ['coco_voc', 'coco_instances', 'voc_detection', million, back],
    ['voc_coco', 'voc_detection', 'coco_instances', back, join(folder, 'million-coco')],
  ] as const) {
    const { peakMegabytes, seconds } = await ours(from, to, source, output, 'link');
    memory[name] = peakMegabytes;
    row(`${name}, ${5 * pictures * perPicture} boxes`, seconds.toFixed(1), '', peakMegabytes.toFixed(0));
  }
  await publish('datasets', { rounds, pictures, boxes: pictures * perPicture, ...figures, million: memory });
}
