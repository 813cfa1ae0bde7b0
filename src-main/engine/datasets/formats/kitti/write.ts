import { sharp } from '../../files/sharp.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { decodeBitmap } from '../../masks.ts';
import { type Box, isCrowd, type Mask } from '../../model/index.ts';
import { oneLine, wordNames } from '../common/lines.ts';
import { grey16Png, loseCovered } from '../common/masks.ts';
import { writeMeta } from '../common/meta.ts';
import { type Work, writeSet } from '../common/write.ts';
import { maskClasses } from './classes.ts';
import { boxLine } from './lines.ts';

/** Writes `<subset>/image_2`, `label_2`, `instance`, `semantic`, `semantic_rgb`, and the list of the classes. */
export function writeKitti(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  const masks = abilities.types.includes('mask');
  const boxes = abilities.types.includes('box');
  const words = wordNames(labels);
  const { rows, shift } = maskClasses(dataset.categories);
  const renamed = new Set<number>();
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, name }) => `${item.subset}/image_2/${name}`,
    async each(work) {
      const { item, id, annotations, output, lose } = work;
      if (boxes) {
        const lines: string[] = [];
        for (const part of annotations.filter((entry): entry is Box => entry.type === 'box')) {
          if (part.label === null) {
            lose('an object without a class');
            continue;
          }
          if (words[part.label] !== labels[part.label]!.name) renamed.add(part.label);
          lines.push(`${boxLine(part, words[part.label]!)}\n`);
        }
        await output.text(`${item.subset}/label_2/${id}.txt`, lines.join(''));
      }
      const drawn = annotations.filter((entry): entry is Mask => entry.type === 'mask');
      if (drawn.length > 0)
        await writeMasks(
          work,
          drawn,
          rows.map(({ colour }) => colour),
          shift,
        );
    },
    async finish(output, problems) {
      for (const label of renamed)
        problems.add(labels[label]!.name, '', 'the class is written without spaces in boxes');
      const named = boxes
        ? labels.map(({ name }, label) => ({ name: renamed.has(label) ? words[label]! : name }))
        : labels;
      if (!masks) return writeMeta(output, named);
      const lines = rows.map(({ colour }, index) => {
        const name = index < shift ? rows[index]!.name : named[index - shift]!.name;
        return `${colour.join(' ')} ${oneLine(name)}\n`;
      });
      await output.text('label_colors.txt', lines.join(''));
    },
  });
}

async function writeMasks(
  { item, id, output, lose }: Work,
  masks: readonly Mask[],
  colours: readonly (readonly number[])[],
  shift: number,
): Promise<void> {
  const { width, height } = masks[0]!;
  const instances = new Uint16Array(width * height);
  const taken = new Set<number>();
  for (const mask of masks.toSorted((a, b) => a.zOrder - b.zOrder)) {
    if (mask.label === null || mask.label + shift > 255 || mask.width !== width || mask.height !== height) {
      lose('a mask without a class, of one beyond the 255th, or of another size');
      continue;
    }
    const base = (mask.label + shift) << 8;
    // Number 0 is a crowd; everything else has one of its own in its class.
    let number = isCrowd(mask.attributes) ? 0 : mask.id;
    if (number !== 0 || !isCrowd(mask.attributes)) {
      if (number < 1 || number > 255 || taken.has(base + number)) number = 1;
      while (number < 256 && taken.has(base + number)) number += 1;
      if (number > 255) {
        lose('more than 255 masks of one class');
        continue;
      }
    }
    taken.add(base + number);
    const bitmap = decodeBitmap(mask.counts, width, height);
    for (let place = 0; place < bitmap.length; place += 1)
      if (bitmap[place] === 1) instances[place] = base + number;
  }
  loseCovered(taken, instances, lose);
  const classes = Uint8Array.from(instances, (value) => value >> 8);
  const painted = new Uint8Array(classes.length * 3);
  for (const [place, label] of classes.entries()) painted.set(colours[label] ?? [0, 0, 0], place * 3);
  const size = { width, height };
  const png = (bytes: Uint8Array, channels: 1 | 3): Promise<Uint8Array> =>
    sharp(bytes, { raw: { ...size, channels } })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .png()
      .toBuffer();
  await output.bytes(`${item.subset}/instance/${id}.png`, await grey16Png(instances, size));
  await output.bytes(`${item.subset}/semantic/${id}.png`, await png(classes, 1));
  await output.bytes(`${item.subset}/semantic_rgb/${id}.png`, await png(painted, 3));
}
