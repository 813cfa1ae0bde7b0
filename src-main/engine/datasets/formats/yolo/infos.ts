import { type Infos, InfosBuilder, noInfos, type ProblemLog } from '../../model/index.ts';
import { type DataYaml, jsonOf, yamlField } from './yaml.ts';

/** Fields that name the subsets. */
export const splitKeys = ['train', 'val', 'test', 'minival', 'valid', 'validation'];

/** Fields that change what Ultralytics makes of a set, and that have no place here. */
const notCarried = [
  'kpt_oks_sigmas',
  'channels',
  'masks_dir',
  'label_mapping',
  'bg_class_idx',
  'depth_scale',
  'max_depth',
];

/**
 * All fields with a meaning for Ultralytics 8.4. `download` is an address or a program that its loader would fetch or
 * run, and is neither read nor written.
 *
 * Source: https://docs.ultralytics.com/datasets/ and the descriptions of sets in Ultralytics' package.
 */
const ownFields: ReadonlySet<string> = new Set([
  ...splitKeys,
  ...notCarried,
  ...['path', 'nc', 'names', 'kpt_shape', 'flip_idx', 'kpt_names', 'download', 'yaml_file'],
]);

/** Before an info with a name that is Ultralytics' own. It comes off again in reading. */
const prefix = 'info_';

const isOwn = (name: string): boolean => ownFields.has(name);
const isOwnPrefixed = (name: string): boolean => isOwn(name.replace(/^(?:info_)*/, ''));

/** Whether a subset can have a field of its name. */
export const isSplitName = (name: string): boolean => splitKeys.includes(name) || !isOwn(name);

/**
 * What the file says of its set: all fields that are not Ultralytics' own, such as Roboflow's `roboflow`, at any depth.
 *
 * @param subsets fields that name subsets.
 */
export function readInfos(
  yaml: DataYaml,
  file: string,
  subsets: ReadonlySet<string>,
  problems: ProblemLog,
): Infos {
  const builder = new InfosBuilder();
  // Another program's settings may lie in the folder.
  if (!yaml.names.some(isOwn)) return noInfos;
  for (const name of yaml.names) {
    if (subsets.has(name)) continue;
    if (isOwn(name)) tellLost(yaml, file, name, problems);
    else {
      const plain = isOwnPrefixed(name) ? name.slice(prefix.length) : name;
      const wrong = readInfo(yaml, name, plain, file, builder);
      if (wrong !== null) problems.add(file, name, `what the set says of itself: ${wrong}`);
    }
  }
  return builder.build();
}

function readInfo(
  yaml: DataYaml,
  name: string,
  plain: string,
  file: string,
  builder: InfosBuilder,
): string | null {
  try {
    return builder.add(plain, yaml.value(name, jsonOf), file) ? null : 'it is too long';
  } catch (thrown) {
    if (thrown instanceof RangeError) return thrown.message;
    throw thrown;
  }
}

function tellLost(yaml: DataYaml, file: string, name: string, problems: ProblemLog): void {
  // Three is what Ultralytics takes without the field.
  if (!notCarried.includes(name) || (name === 'channels' && yaml.fields.get(name) === '3')) return;
  problems.add(file, name, 'this setting for training is not carried');
}

/**
 * Fields for what a set says of itself. A name that is Ultralytics' own gets `info_` in front.
 *
 * @param taken fields that name subsets. @param tell is told the name and what became of it.
 */
export function infosText(
  infos: Infos,
  taken: ReadonlySet<string>,
  tell: (name: string, reason: string) => void,
): string {
  const written = (name: string): string => (isOwnPrefixed(name) ? `${prefix}${name}` : name);
  const used = new Set([...taken, ...[...infos.keys()].map(written)]);
  let text = '';
  for (const [name, value] of infos) {
    let free = written(name);
    if (taken.has(free)) {
      while (used.has(free)) free = `${prefix}${free}`;
      tell(name, `a subset has this name; it is written as ${free}`);
    }
    used.add(free);
    const field = yamlField(free, value);
    if (field === null) tell(name, 'it is nested too deeply and is not written');
    else text += field;
  }
  return text;
}
