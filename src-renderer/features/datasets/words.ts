import type {
  AnnotationKind,
  DatasetDifferenceKind,
  DatasetFate,
  DatasetLoss,
} from '../../../src-main/contract/index.ts';
import { count } from '../../ui/format.ts';

/** Of changes that were cancelled. */
export const notMade = 'The changes were not made.';

/** Of pictures that a change makes anew. */
export const madeLater = 'Changed pictures are made when the set is written.';

/** Names of annotations for people, several of them. */
export const kindWords: Readonly<Record<AnnotationKind, string>> = {
  box: 'Boxes',
  rotated_box: 'Rotated boxes',
  polygon: 'Outlines',
  polyline: 'Lines',
  mask: 'Masks',
  points: 'Points',
  ellipse: 'Ellipses',
  cuboid_2d: 'Cuboids',
  cuboid_3d: 'Cuboids in space',
  label: 'Classes of pictures',
  caption: 'Captions',
};

const thousands = new Intl.NumberFormat('en');
export const number = (value: number): string => thousands.format(value);

/** "+12", "−3", or nothing where nothing changed. */
export function difference(before: number, after: number): string {
  const change = after - before;
  return change === 0 ? '' : change > 0 ? `+${number(change)}` : `−${number(-change)}`;
}

/** The share of annotations that a target holds as they are, 0..1. */
export function survival({ kept, approximated, merged, dropped }: DatasetFate): number {
  const all = kept + approximated + merged + dropped;
  return all === 0 ? 1 : kept / all;
}

/** What becomes of annotations, and whether of all else, in a few words. */
export function fateText(
  { kept, approximated, merged, dropped }: DatasetFate,
  { attributes, notes }: Pick<DatasetLoss, 'attributes' | 'notes'>,
): string {
  if (approximated + dropped + merged === 0)
    return attributes.length + notes.length === 0 ? 'Keeps everything' : 'Keeps every shape';
  const parts = [
    dropped > 0 && `${number(dropped)} dropped`,
    approximated > 0 && `${number(approximated)} approximated`,
    merged > 0 && `${number(merged)} only by their object’s other part`,
    kept > 0 && `${number(kept)} kept`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** What pictures are in comparison with those of the set of this name. */
export const differenceWords = (kind: DatasetDifferenceKind, name: string): string =>
  ({
    changed: 'With other annotations',
    moved: 'In another split',
    attributes: 'With other attributes',
    pictures: 'With another file',
    gone: `Not in ${name}`,
    added: `Only in ${name}`,
  })[kind];

/** @param merged whether several sets are one, and may say different things. */
export const cannotBeRead = (things: number, merged: boolean): string => {
  const what = `${count(things, 'thing')} can’t be read`;
  return merged ? `${what} or ${things === 1 ? 'is' : 'are'} not agreed on` : what;
};

/** A name of the kind `random_split` for people. */
export const titleOf = (name: string): string => {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/**
 * What the engine says of the options of a step, for people: without the step's name, which stands above it, and in
 * words where a check of the schema speaks.
 */
export function optionFault(step: string, message: string): string {
  const said = message.startsWith(`${step}: `) ? message.slice(step.length + 2) : message;
  const [, path, fault = said] = /^([\w.]+): (.*)$/s.exec(said) ?? [];
  const words = faultWords(fault);
  if (path !== undefined) return `${titleOf(path.replaceAll('.', ', '))} ${words}`;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const kinds: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a text',
  array: 'a list',
  record: 'pairs',
  object: 'pairs',
};

function faultWords(fault: string): string {
  const [, kind] = /^Invalid input: expected (\w+)/.exec(fault) ?? [];
  if (kind !== undefined) return `needs ${kinds[kind] ?? kind}.`;
  const [, end, , sign, bound, unit] =
    /^Too (small|big): expected (\w+) to (?:be|have) ([<>]=?)(\S+?)(?: (items|characters))?\.?$/.exec(
      fault,
    ) ?? [];
  if (end !== undefined) {
    const limit =
      end === 'small' ? (sign === '>' ? 'more than' : 'at least') : sign === '<' ? 'less than' : 'at most';
    const what = unit === 'items' ? ' entries' : unit === 'characters' ? ' letters' : '';
    return `${what === '' ? 'must be' : 'needs'} ${limit} ${bound}${what}.`;
  }
  const [, options] = /^Invalid option: expected one of (.*?)\.?$/.exec(fault) ?? [];
  if (options !== undefined) return `must be one of ${options.replaceAll('"', '').split('|').join(', ')}.`;
  return fault;
}
