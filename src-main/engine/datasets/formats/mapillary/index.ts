import type { Listing, ReadOnlyFormat, Verdict } from '../../format.ts';
import { readMapillary } from './read.ts';

const kinds = [
  { name: 'mapillary_vistas', title: 'Mapillary Vistas', task: 'any' },
  { name: 'mapillary_vistas_instances', title: 'Mapillary Vistas, objects', task: 'instances' },
  { name: 'mapillary_vistas_panoptic', title: 'Mapillary Vistas, panoptic', task: 'panoptic' },
] as const;

export type MapillaryTask = (typeof kinds)[number]['task'];

async function detect(task: MapillaryTask, { folders, files }: Listing): Promise<Verdict | null> {
  const own = folders.find((path) => /(^|\/)v(1\.2|2\.0)\/(instances|labels|panoptic|polygons)$/.test(path));
  if (own === undefined) return null;
  const panoptic = folders.some((path) => /(^|\/)v[12]\.\d\/panoptic$/.test(path));
  const instances = folders.some((path) => /(^|\/)v[12]\.\d\/(instances|polygons)$/.test(path));
  if ((task === 'panoptic' && !panoptic) || (task === 'instances' && !instances)) return null;
  const config = files.some((path) => /(^|\/)config_v[12]\.\d\.json$/.test(path)) || panoptic;
  return {
    confidence: task !== 'any' ? 0.5 : config ? 0.97 : 0.8,
    reasons: [`There is a folder ${own}, as Mapillary Vistas has it.`],
    against: config ? [] : ['There is no config file with the classes.'],
  };
}

/** Mapillary Vistas 1.2 and 2.0: https://www.mapillary.com/dataset/vistas */
export const mapillaryFormats: readonly ReadOnlyFormat[] = kinds.map(({ name, title, task }) => ({
  name,
  title,
  aliases: [],
  abilities: null,
  detect: (listing) => detect(task, listing),
  read: (folder, options) => readMapillary(folder, task, options),
}));
