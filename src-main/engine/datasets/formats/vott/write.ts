import { createHash } from 'node:crypto';
import { hull } from '../../convert.ts';
import { endingOf } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { type Annotation, toRecord, without } from '../../model/index.ts';
import { writeSet } from '../common/write.ts';
import { ofAsset } from './read.ts';

/** Colours of the tags in VoTT's window, in turn. */
const tagColours = ['#5db300', '#e81123', '#6917aa', '#015cda', '#4894fe', '#70c400', '#fcd116', '#dc0067'];

/** Writes `<subset>-export.json` for each subset, beside the pictures. */
export function writeVottJson(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  const tags = labels.map(({ name }, index) => ({ name, color: tagColours[index % tagColours.length] }));
  const started = new Set<string>();
  const places = new Set<string>();
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ name }) => name,
    async each({ item, name, annotations, size, sinks, lose, note }) {
      if (places.has(name)) note('another subset has a picture of this name, and both become one');
      places.add(name);
      const regions: unknown[] = [];
      for (const [index, part] of annotations.entries()) {
        const region = toRegion(part, part.attributes.get('id') ?? `r${index}`, labels);
        if (region === null) lose(`a ${part.type} that has no box`);
        else regions.push(region);
      }
      const given = item.attributes.get('id');
      // VoTT's ids are hashes of the picture's path.
      const id =
        typeof given === 'string' && given !== ''
          ? given
          : createHash('md5').update(`${item.subset}/${name}`).digest('hex');
      const fields = toRecord(without(item.attributes, ...ofAsset));
      const taken = [...item.attributes.keys()].filter((key) => key !== 'id' && ofAsset.has(key));
      if (taken.length > 0) note(`VoTT has another meaning for what the picture calls ${taken.join(', ')}`);
      const format = endingOf(name).slice(1).toLowerCase();
      const asset = {
        ...fields,
        format,
        id,
        name,
        path: `file:${name}`,
        ...(size === null ? {} : { size }),
        state: 2,
        type: 1,
      };
      const path = `${item.subset}-export.json`;
      const head = `{"name":${JSON.stringify(item.subset)},"tags":${JSON.stringify(tags)},"assets":{`;
      const entry = `${JSON.stringify(id)}:${JSON.stringify({ asset, regions, version: '2.2.0' })}`;
      await sinks.add(path, `${started.has(path) ? ',' : ''}\n${entry}`, head);
      started.add(path);
    },
    async finish(_output, _problems, sinks) {
      for (const path of started) await sinks.add(path, '\n}}\n');
    },
  });
}

function toRegion(part: Annotation, id: unknown, labels: readonly { readonly name: string }[]): unknown {
  const bounds = hull(part);
  if (bounds === null || !('label' in part)) return null;
  const { x, y, width, height } = bounds;
  const ring =
    part.type === 'polygon' ? part.points : [x, y, x + width, y, x + width, y + height, x, y + height];
  return {
    id: String(id),
    type: part.type === 'polygon' ? 'POLYGON' : 'RECTANGLE',
    tags: part.label === null ? [] : [labels[part.label]!.name],
    boundingBox: { height, width, left: x, top: y },
    points: Array.from({ length: ring.length >> 1 }, (_, at) => ({ x: ring[2 * at], y: ring[2 * at + 1] })),
  };
}
