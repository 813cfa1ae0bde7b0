import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { kindOf } from '../../compression/index.ts';
import { headOf } from './networks.ts';
import type { Recognizer } from './recognizer.ts';

/** Files that only a training leaves. */
const marks: ReadonlySet<ReturnType<typeof kindOf>> = new Set([
  'trainer-state',
  'results',
  'events',
  'nncf-log',
  'structure',
  'training-arguments',
]);

const isLeft = (name: string): boolean =>
  marks.has(kindOf(name)) || /^(?:(?:tmp-)?checkpoint-\d+|refinery-training\.json)$/.test(name);

/** The output folder of a training that is compressed, or was; or the folder that it lies in with its log. */
export const training: Recognizer = {
  kind: 'training',
  async recognize({ path, names }) {
    const inner = names.includes('output') ? await readdir(join(path, 'output')).catch(() => []) : [];
    return [...names, ...inner].some(isLeft) ? {} : undefined;
  },
};

/** Larger than any configuration is. */
const largest = 1024 * 1024;

/** A configuration of NNCF, or of optimum-intel's OVConfig. */
export const configuration: Recognizer = {
  kind: 'configuration',
  async recognize({ path }) {
    if (extname(path).toLowerCase() !== '.json' || (await stat(path)).size > largest) return undefined;
    try {
      const content: unknown = JSON.parse(Buffer.from(await headOf(path, largest), 'latin1').toString());
      const known = ['compression', 'input_info', 'quantization_config'];
      const says = (key: string): boolean => Object.hasOwn(content as object, key);
      return typeof content === 'object' && content !== null && known.some(says) ? {} : undefined;
    } catch {
      return undefined;
    }
  },
};
