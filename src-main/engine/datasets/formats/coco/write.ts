import { adapt } from '../../convert.ts';
import { OutputFolder, type Part, type TextSink } from '../../files/output.ts';
import { endingOf } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import {
  type Annotation,
  type Categories,
  type Item,
  noAttributes,
  noInfos,
  ProblemLog,
  toRecord,
} from '../../model/index.ts';
import { factTexts, pictureFields } from './facts.ts';
import type { Task } from './layout.ts';
import { UniqueNumbers } from './numbers.ts';
import { objectsOf, objectText } from './objects.ts';
import { segmentsOf } from './segments.ts';

/** One file in the making: pictures go straight in, annotations wait in a part of their own. */
interface OpenTask {
  readonly task: Task;
  readonly sink: TextSink;
  readonly annotations: Part;
  images: number;
  objects: number;
  readonly ids: UniqueNumbers;
  readonly pictureIds: UniqueNumbers;
}

/** Writes `annotations/<task>_<subset>.json` for each task, and pictures into `images/<subset>/`. */
export async function writeCoco(
  dataset: Dataset,
  folder: string,
  tasks: readonly Task[],
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const output = new OutputFolder(folder);
  const problems = new ProblemLog();
  const categoryIds = numberCategories(dataset.categories);
  const open = new Map<string, OpenTask[]>();
  let [items, written] = [0, 0];
  try {
    for await (const item of dataset.items()) {
      options.signal?.throwIfAborted();
      items += 1;
      let files = open.get(item.subset);
      if (files === undefined) {
        files = [];
        for (const task of tasks) files.push(await openTask(output, task, item.subset, dataset, categoryIds));
        open.set(item.subset, files);
      }
      const name = `${item.id}${endingOf(item.media?.path ?? '') || '.jpg'}`;
      if (options.media === 'copy' && item.media !== null) {
        const copied = await output.copy(item.media.path, `images/${item.subset}/${name}`);
        if (!copied) problems.add(name, '', 'the picture is not there to be copied');
      }
      const place = `item ${item.subset}/${item.id}`;
      const adapted = adapt(item.annotations, abilities.types, item.media?.size ?? null);
      for (const { type } of adapted.dropped) problems.add('', place, `a ${type} can't be held`);
      written += item.annotations.length - adapted.dropped.length;
      const parts = adapted.annotations;
      for (const file of files) {
        written -= await writeItem(output, file, item, name, parts, categoryIds, problems);
      }
    }
    for (const files of open.values()) {
      for (const file of files) {
        await file.sink.write('],"annotations":[');
        await file.annotations.moveTo(file.sink);
        await file.sink.write(']}');
      }
    }
    await output.finish();
  } catch (thrown) {
    for (const files of open.values()) for (const { annotations } of files) await annotations.drop();
    await output.discard();
    throw thrown;
  }
  return { items, annotations: written, files: output.files, problems };
}

/** The source's own numbers where they are usable, else 1 and up. */
function numberCategories({ labels }: Categories): number[] {
  const own = labels.map(({ sourceId }) => sourceId ?? -1);
  const usable = own.every((id) => id >= 0) && new Set(own).size === own.length;
  return usable ? own : labels.map((_, index) => index + 1);
}

async function openTask(
  output: OutputFolder,
  task: Task,
  subset: string,
  { categories, infos }: Dataset,
  ids: readonly number[],
): Promise<OpenTask> {
  const path = `annotations/${task}_${subset}.json`;
  const sink = await output.sink(path);
  const withCategories = task !== 'captions' && task !== 'image_info';
  const listed = !withCategories
    ? []
    : categories.labels.map((label, index) => {
        const skeleton = categories.skeletons.get(index);
        return {
          id: ids[index],
          name: label.name,
          supercategory: label.parent,
          ...(task === 'panoptic' ? { isthing: 1 } : {}),
          ...toRecord(label.facts ?? noAttributes),
          ...(task === 'person_keypoints'
            ? { keypoints: skeleton?.points ?? [], skeleton: skeleton?.joints ?? [] }
            : {}),
        };
      });
  const { info, licenses } = factTexts(infos ?? noInfos);
  await sink.write(
    `{"info":${info},"licenses":${licenses},"categories":${JSON.stringify(listed)},"images":[`,
  );
  const annotations = await output.part(path);
  return {
    task,
    sink,
    annotations,
    images: 0,
    objects: 0,
    ids: new UniqueNumbers(),
    pictureIds: new UniqueNumbers(),
  };
}

/** @returns how many of the annotations were lost. */
async function writeItem(
  output: OutputFolder,
  file: OpenTask,
  item: Item,
  name: string,
  parts: readonly Annotation[],
  categoryIds: readonly number[],
  problems: ProblemLog,
): Promise<number> {
  const number = file.pictureIds.take(item.attributes.get('id'));
  const size = item.media?.size ?? { width: 0, height: 0 };
  const about = pictureFields(item.attributes);
  for (const field of about?.taken ?? []) {
    problems.add('', `item ${item.subset}/${item.id}`, `COCO has its own meaning for the attribute ${field}`);
  }
  const own = { id: number, width: size.width, height: size.height, file_name: name, license: 0 };
  const picture = about === null ? own : { ...own, ...about.fields };
  await file.sink.write(`${file.images === 0 ? '' : ','}${JSON.stringify(picture)}`);
  file.images += 1;
  let lost = 0;
  const texts = await objectTexts(output, file, item, number, parts, categoryIds, (reason) => {
    lost += 1;
    problems.addLoss(item, reason);
  });
  if (texts.length === 0) return lost;
  await file.annotations.write(`${file.objects === 0 ? '' : ','}${texts.join()}`);
  file.objects += texts.length;
  return lost;
}

/** An item's entries in `annotations`, as JSON. */
async function objectTexts(
  output: OutputFolder,
  file: OpenTask,
  item: Item,
  number: number,
  parts: readonly Annotation[],
  categoryIds: readonly number[],
  lose: (reason: string) => void,
): Promise<string[]> {
  const texts: string[] = [];
  switch (file.task) {
    case 'image_info':
      break;
    case 'captions':
      for (const part of parts) {
        if (part.type !== 'caption') continue;
        texts.push(JSON.stringify({ id: file.ids.take(part.id), image_id: number, caption: part.text }));
      }
      break;
    case 'labels':
      for (const part of parts) {
        if (part.type !== 'label') continue;
        const category_id = categoryIds[part.label];
        texts.push(JSON.stringify({ id: file.ids.take(part.id), image_id: number, category_id }));
      }
      break;
    case 'panoptic': {
      const entry = await segmentsOf(output, item, number, parts, categoryIds, lose);
      if (entry !== null) texts.push(JSON.stringify(entry));
      break;
    }
    default: {
      const size = item.media?.size ?? { width: 0, height: 0 };
      for (const object of objectsOf(parts)) {
        const id = (): number => file.ids.take(object[0]!.id);
        const text = objectText(id, number, object, file.task, size, categoryIds);
        if (text !== null) texts.push(text);
      }
    }
  }
  return texts;
}
