import type { AnyFormat } from '../format.ts';
import { cocoFormats } from './coco/index.ts';
import { cvatFormat } from './cvat/index.ts';
import { datumaroFormat } from './datumaro/index.ts';
import { vocFormats } from './voc/index.ts';
import { yoloFormats } from './yolo/index.ts';

/** Every format. A new one is a folder beside this file and a line here. */
export const formats: readonly AnyFormat[] = [
  ...cocoFormats,
  ...yoloFormats,
  ...vocFormats,
  datumaroFormat,
  cvatFormat,
];

/** The format with a name or another name for it. */
export function formatNamed(name: string): AnyFormat | undefined {
  const wanted = name.toLowerCase().replaceAll('-', '_');
  return (
    formats.find((format) => format.name === wanted) ??
    formats.find((format) => format.aliases.includes(wanted))
  );
}
