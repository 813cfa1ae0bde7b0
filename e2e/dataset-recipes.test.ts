import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { chooseFile, nameOnServer, noBrowser, node, openWeb, root, temporaryFolder } from './support.ts';

/** Its annotations are for the picture as it is shown. */
const turned = 5;

/** COCO's, with outlines, boxes, attributes and two splits; two pictures are alike, one is turned by EXIF. */
async function makeCoco(folder: string): Promise<void> {
  await mkdir(join(folder, 'annotations'), { recursive: true });
  for (const [subset, first, count] of [
    ['train', 1, 8],
    ['valid', 9, 4],
  ] as const) {
    await mkdir(join(folder, 'images', subset), { recursive: true });
    const ids = Array.from({ length: count }, (_, index) => first + index);
    for (const id of ids) {
      const colour = { r: 20 * (id === 3 ? 2 : id), g: 90, b: 160 };
      const plain = sharp({ create: { width: 64, height: 48, channels: 3, background: colour } });
      const picture = id === turned ? plain.withMetadata({ orientation: 6 }) : plain;
      await writeFile(join(folder, 'images', subset, `pic ${id}.jpg`), await picture.jpeg().toBuffer());
    }
    const annotations = ids.flatMap((id) =>
      [0, 1, 2].map((at) => {
        const [x, y, w, h] = [4 + 7 * at, 5 + id, 28, 12];
        const outline = [x, y, x + w, y, x + w / 2, y + h];
        return {
          ...{ id: 10 * id + at, image_id: id, category_id: 1 + ((id + at) % 3), iscrowd: 0, area: w * h },
          ...{ bbox: [x, y, w, h], segmentation: at === 1 ? [outline] : [] },
          attributes: { occluded: at === 2 },
        };
      }),
    );
    const text = JSON.stringify({
      images: ids.map((id) => ({
        ...{ id, file_name: `pic ${id}.jpg` },
        ...(id === turned ? { width: 48, height: 64 } : { width: 64, height: 48 }),
      })),
      annotations: annotations.filter(({ image_id }) => image_id !== 8),
      categories: ['a cat', 'dog', 'background'].map((name, at) => ({ id: at + 1, name })),
    });
    await writeFile(join(folder, 'annotations', `instances_${subset}.json`), text);
  }
}

/** Target, and the changes of its recipe. */
const recipes: ReadonlyArray<readonly [to: string, ...steps: string[]]> = [
  [
    'voc',
    'map_subsets: { subsets: { valid: val } }',
    'random_split: { subsets: { a: 0.5, b: 0.5 }, seed: 4 }',
  ],
  ['yolo_ultralytics', 'stratified_split: { subsets: { train: 0.7, val: 0.3 }, seed: 3 }'],
  ['coco_instances', 'remap_labels: { labels: { a cat: dog, background: null } }'],
  ['datumaro', 'project_labels: { labels: [dog, ghost, a cat] }', 'sort: { by: subset }'],
  ['yolo', 'remove_labels: { labels: [a cat] }', 'drop_empty: {}', 'rename: { search: " ", replace: _ }'],
  ['cvat', 'filter: { annotations: label == "dog" or area < 200 }'],
  ['datumaro', 'xpath_filter: { expression: "/item/annotation[label=\'dog\']", mode: items+annotations }'],
  ['voc_detection', 'shapes_to_boxes: {}', 'clip: {}', 'drop_background: {}'],
  ['coco_instances', 'boxes_to_masks: {}', 'masks_to_polygons: {}'],
  ['coco', 'polygons_to_masks: {}', 'crop_covered_segments: {}', 'merge_instance_segments: {}'],
  ['yolo_ultralytics', 'resize: { width: 40, height: 40, keep_ratio: true }'],
  ['coco_instances', 'tile: { width: 40, height: 30, overlap: 0.2 }'],
  ['datumaro', 'tile: { width: 40, height: 30, least: 0 }', 'untile: {}'],
  ['label_studio', 'crop: { x: 3, y: 2, width: 50, height: 40 }', 'reindex: { start: 100 }'],
  [
    'datumaro',
    'rename: { search: "^", replace: "{item.subset}-" }',
    'reindex_annotations: { each_item: true }',
  ],
  ['voc', 'remove_duplicates: { near: true }', 'sample: { count: 6, seed: 9 }'],
  ['imagenet', 'label_random_sampler: { count: 2, seed: 1 }', 'anns_to_labels: {}'],
  ['datumaro', 'bake_orientation: {}', 'remove_attributes: { attributes: [occluded] }', 'clip: {}'],
  ['datumaro', 'project_infos: { infos: { author: me } }', 'remove_annotations: { items: [train/pic 1] }'],
];

const recipeOf = ([to, ...steps]: (typeof recipes)[number]): string => {
  const entries = steps.map((step) => {
    const [, name, options] = /^(\w+): (.*)$/.exec(step)!;
    return `  - name: ${name}\n    options: ${options}\n`;
  });
  return `version: 1\nto: ${to}\ntransforms:\n${entries.join('')}`;
};

/** Every file of a folder by its path in there. */
async function filesIn(folder: string): Promise<Map<string, Buffer>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(
    files.sort().map(async (path) => [path.slice(folder.length), await readFile(path)] as const),
  );
  return new Map(contents);
}

const step = (page: Page, title: string) =>
  page.getByRole('navigation', { name: 'Steps' }).getByRole('button', { name: title });

/** A file without where its set lies, which YOLO's description says and which differs here. */
const unplaced = (path: string, content: Buffer): Buffer =>
  path === '/data.yaml' ? Buffer.from(content.toString().replace(/^path: .*$/m, '')) : content;

describe.skipIf(noBrowser !== '')(`recipes${noBrowser && ` (${noBrowser})`}`, () => {
  test('make the same of a set in the window and in the command line, byte by byte', async () => {
    await using folder = await temporaryFolder();
    const source = join(folder.path, 'set');
    await makeCoco(source);
    const web = await openWeb(join(folder.path, 'data'), [folder.path]);
    const page = await web.browser.newPage({ viewport: { width: 1100, height: 760 }, acceptDownloads: true });
    await page.goto(web.address);
    await page.getByRole('button', { name: 'Datasets', exact: true }).click();
    await page.getByRole('button', { name: 'Choose a folder' }).click();
    await nameOnServer(page, source);
    await page.getByText('12 pictures', { exact: true }).waitFor();

    for (const [index, recipe] of recipes.entries()) {
      const given = join(folder.path, `given-${index}.yaml`);
      await writeFile(given, recipeOf(recipe));
      await step(page, 'Shape').click();
      await chooseFile(page, 'Open a recipe', given);
      await page.getByText(new RegExp(`changes? of given-${index}.yaml`)).waitFor();
      await step(page, 'Target').click();
      await page.getByRole('textbox', { name: 'Name of the new folder' }).fill(`window-${index}`);
      await page.getByRole('button', { name: /^Write/ }).click();
      await page.getByText('Came back as said').waitFor();
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Save the recipe' }).click();
      const saved = join(folder.path, `saved-${index}.yaml`);
      await (await download).saveAs(saved);

      const main = join(root, 'scripts', 'refinery.mjs');
      const output = join(folder.path, `command-${index}`);
      execFileSync(node, [main, 'convert', source, '--recipe', saved, '--output', output], { stdio: 'pipe' });
      const ours = await filesIn(join(folder.path, `window-${index}`));
      const theirs = await filesIn(output);
      expect([...ours.keys()], recipe.join()).toEqual([...theirs.keys()]);
      expect(ours.size).toBeGreaterThan(1);
      for (const [path, content] of ours)
        expect(unplaced(path, content).equals(unplaced(path, theirs.get(path)!)), `${recipe} ${path}`).toBe(
          true,
        );
    }
  }, 240_000);
});
