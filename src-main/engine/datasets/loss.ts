import { isStoodFor, targetType } from './convert.ts';
import type { Abilities, Limits } from './format.ts';
import { wordNames } from './formats/common/lines.ts';
import { type AnnotationType, annotationTypes, type Categories } from './model/index.ts';
import type { Overlap, OverlapMeter } from './overlap.ts';
import type { Statistics } from './statistics.ts';

/** What becomes of some annotations. The numbers add up to all of them. */
export interface Fate {
  readonly kept: number;
  readonly approximated: number;
  /** Stood for by another part of their object: the outline of an object that has a box, too. */
  readonly merged: number;
  readonly dropped: number;
}

/** What becomes of the annotations of one type. */
export interface TypeLoss extends Fate {
  readonly type: AnnotationType;
  /** What they become, where they are approximated. */
  readonly becomes: AnnotationType | null;
  /** How near those come to the source, where it was measured. */
  readonly overlap: Overlap | null;
}

/** What becomes of the annotations of one class. */
export interface ClassLoss extends Fate {
  /** Null for annotations without a class. */
  readonly label: string | null;
}

export interface Loss {
  readonly types: readonly TypeLoss[];
  /** Only classes that have annotations, in the set's order. */
  readonly classes: readonly ClassLoss[];
  /** Attributes that the target can't hold, with the number of annotations that have them. */
  readonly attributes: ReadonlyMap<string, number>;
  /** Plain sentences about the rest, for what the set really has. */
  readonly notes: readonly string[];
}

interface Counts {
  kept: number;
  approximated: number;
  merged: number;
  dropped: number;
}

const nothing = (): Counts => ({ kept: 0, approximated: 0, merged: 0, dropped: 0 });

/**
 * What a conversion would lose, before a byte is written.
 *
 * @param categories the set's; what its classes declare is kept where the target takes only declared attributes.
 * @param overlaps what approximations were measured to be, if they were.
 */
export function lossOf(
  statistics: Statistics,
  target: Abilities,
  categories: Categories,
  overlaps?: OverlapMeter,
): Loss {
  const types: TypeLoss[] = [];
  const byLabel = new Map<number, Counts>();
  for (const type of annotationTypes) {
    if (!statistics.byType.has(type)) continue;
    const becomes = targetType(type, target.types);
    const all = nothing();
    for (const [key, counts] of statistics.byMakeup) {
      const fate = fateOf(type, becomes, key);
      const exact = exactOutlines(type, key, statistics, target);
      const { withoutCrowds, needsClass, boxesOfMasks } = target.limits ?? {};
      const isBare = boxesOfMasks === true && type === 'box' && !becomesMask(key, target.types);
      const crowds = withoutCrowds === true ? statistics.crowds.get(key)?.get(type) : undefined;
      for (const [label, number] of counts.get(type) ?? []) {
        const isRefused = needsClass === true && label < 0 && type !== 'caption';
        const refused = isRefused || isBare ? number : (crowds?.get(label) ?? 0);
        const kept = fate === 'kept' ? 0 : Math.min(exact.get(label) ?? 0, number - refused);
        const ofLabel = byLabel.get(label) ?? nothing();
        for (const counts of [all, ofLabel]) {
          counts.kept += kept;
          counts.dropped += refused;
          counts[fate] += number - kept - refused;
        }
        byLabel.set(label, ofLabel);
      }
    }
    const approximates = becomes !== null && becomes !== type;
    types.push({
      type,
      ...all,
      becomes: approximates ? becomes : null,
      overlap: approximates ? (overlaps?.result(type, becomes) ?? null) : null,
    });
  }
  const classes = [...byLabel]
    .sort(([one], [other]) => one - other)
    .map(([label, counts]) => ({ label: categories.labels[label]?.name ?? null, ...counts }));
  const declared = declaredIn(categories);
  const attributes = new Map<string, number>();
  for (const [name, number] of statistics.byAttribute) {
    if (!holdsAttribute(target, name, declared)) attributes.set(name, number);
  }
  for (const [name, number] of lostByType(statistics, target)) {
    if (holdsAttribute(target, name, declared)) attributes.set(name, number);
  }
  const notes = [...notesOn(statistics, target), ...limitNotes(statistics, target, categories)];
  return { types, classes, attributes, notes };
}

function hasItemPlace({ itemAttributes }: Limits, name: string): boolean {
  if (itemAttributes === undefined) return true;
  return 'only' in itemAttributes ? itemAttributes.only.includes(name) : !itemAttributes.but.includes(name);
}

/**
 * Attributes that the target holds, but not of what some annotations are written as, where no box of their object has
 * them and holds them.
 */
function lostByType(
  { attributesByType, details }: Statistics,
  { types, limits }: Abilities,
): ReadonlyMap<string, number> {
  const lost = new Map<string, number>();
  const ofBoxes = limits?.attributesOf?.box;
  for (const [type, names] of attributesByType) {
    const becomes = targetType(type, types);
    const own = becomes === null ? undefined : limits?.attributesOf?.[becomes];
    if (own === undefined) continue;
    for (const [name, all] of names) {
      if (own.includes(name)) continue;
      const boxesHold = type !== 'box' && types.includes('box') && (ofBoxes?.includes(name) ?? true);
      const number = boxesHold ? (details.withoutBox.get(type)?.get(name) ?? 0) : all;
      if (number > 0) lost.set(name, (lost.get(name) ?? 0) + number);
    }
  }
  return lost;
}

/** Whether an object has a part that is a mask, or becomes one. */
const becomesMask = (makeup: string, types: readonly AnnotationType[]): boolean =>
  makeup.split('+').some((part) => targetType(part as AnnotationType, types) === 'mask');

function fateOf(type: AnnotationType, becomes: AnnotationType | null, makeup: string): keyof Counts {
  if (becomes === type) return 'kept';
  if (becomes === null) return 'dropped';
  const parts: readonly string[] = makeup.split('+');
  if (parts.includes(becomes) || isStoodFor(type, becomes, (part) => parts.includes(part))) return 'merged';
  return 'approximated';
}

function notesOn(statistics: Statistics, target: Abilities): string[] {
  const { notes, note } = gathering();
  const apart = comingApart(statistics.grouped, target.types);
  note(
    !target.groups,
    apart,
    '# {annotation is part|annotations are parts} of an object and {comes|come} apart.',
  );
  note(
    target.groups !== true,
    statistics.belonging,
    '# {annotation loses|annotations lose} which other objects {it belongs|they belong} with.',
  );
  note(
    !target.zOrder,
    statistics.withZOrder,
    '# {annotation loses its|annotations lose their} order in depth.',
  );
  note(
    !holdsClouds(target),
    statistics.clouds,
    '# {item is a point cloud|items are point clouds}, and the format is for pictures.',
  );
  note(
    holdsClouds(target) && target.types.length === 1,
    statistics.items - statistics.clouds,
    '# {item is a picture|items are pictures}, and the format is for point clouds.',
  );
  const named = listed([...statistics.byItemAttribute.keys()]);
  note(
    !target.itemAttributes,
    statistics.itemsWithAttributes,
    'The attributes of # {item|items} are dropped: ',
    named,
  );
  const { infos, mirrored, jointed, labelFacts } = statistics;
  note(
    target.infos !== true,
    infos.length,
    '# {fact|facts} about the set as a whole {is|are} dropped: ',
    listed(infos),
  );
  const ofClasses = target.labelFacts !== true;
  note(ofClasses, labelFacts.length, '# {fact|facts} about classes {is|are} dropped: ', listed(labelFacts));
  note(
    !target.labelParents,
    statistics.labelsWithParent,
    '# {class loses|classes lose} the class above {it|them}.',
  );
  note(!target.skeletons, statistics.skeletons, '# {skeleton is|skeletons are} dropped.');
  const turned = target.skeletons && target.mirrored !== true;
  const unjointed = target.skeletons && target.limits?.withoutJoints === true;
  note(unjointed, jointed, '# {skeleton loses its|skeletons lose their} lines between points.');
  note(turned, mirrored, '# {skeleton loses|skeletons lose} which points change places in a mirror.');
  const isByPictures = target.limits?.byPictures === true;
  const { missingPictures } = statistics;
  note(
    !isByPictures,
    missingPictures,
    '# {picture is|pictures are} missing: only what is annotated on {it|them} is written.',
  );
  note(
    isByPictures,
    missingPictures,
    '# {picture is|pictures are} missing. This format goes by its pictures: what is annotated on {it|them} would be lost.',
  );
  note(!target.subsets, statistics.bySubset.size > 1 ? statistics.bySubset.size : 0, '# subsets become one.');
  return notes;
}

/** Formats of point clouds are those that hold what is marked in them. */
export const holdsClouds = ({ types }: Abilities): boolean => types.includes('cuboid_3d');

/** Annotations of objects of which more than one part is written. */
function comingApart(grouped: Statistics['grouped'], types: readonly AnnotationType[]): number {
  let apart = 0;
  for (const [makeup, number] of grouped) {
    const parts = makeup.split('+') as AnnotationType[];
    const fates = parts.map(
      (type) => [fateOf(type, targetType(type, types), makeup), targetType(type, types)] as const,
    );
    const written = fates.filter(([fate]) => fate === 'kept' || fate === 'approximated');
    // Several parts become one box or mask where they are approximated.
    const joined = new Set(
      written.flatMap(([fate, becomes]) =>
        fate === 'approximated' && (becomes === 'box' || becomes === 'mask') ? [becomes] : [],
      ),
    );
    const alone = written.filter(
      ([fate, becomes]) => fate === 'kept' || (becomes !== 'box' && becomes !== 'mask'),
    );
    if (joined.size + alone.length > 1) apart += number;
  }
  return apart;
}

/** Gathers sentences about what is lost. `note` takes one where it applies to anything; see {@link sentence}. */
function gathering() {
  const notes: string[] = [];
  const note = (applies: boolean, number: number, text: string, names = ''): void => {
    if (applies && number > 0) notes.push(sentence(number, text, names));
  };
  return { notes, note };
}

/**
 * @param text with `#` for the number, and `{one|many}` for what goes with one and with any other.
 * @param names what comes at its end, before the point.
 */
function sentence(number: number, text: string, names: string): string {
  const forms = text.replaceAll(/\{([^|]*)\|([^}]*)\}/g, number === 1 ? '$1' : '$2');
  return `${forms.replace('#', number.toLocaleString('en'))}${names === '' ? '' : `${names}.`}`;
}

const mostNamed = 8;

/** Names in a sentence, the first of them. */
const listed = (names: readonly string[]): string =>
  names.length <= mostNamed
    ? names.join(', ')
    : `${names.slice(0, mostNamed).join(', ')} and ${names.length - mostNamed} more`;

/** Outlines that a format holds as they are, by class, although it can't hold others: DOTA's have four corners. */
function exactOutlines(
  type: AnnotationType,
  makeup: string,
  { details }: Statistics,
  { limits }: Abilities,
): ReadonlyMap<number, number> {
  if (type !== 'polygon' || limits?.corners === undefined) return new Map();
  return details.outlines.get(makeup)?.get(limits.corners) ?? new Map();
}

/** What the target has no place for in what it holds. */
function limitNotes(
  statistics: Statistics,
  { limits = {}, types, attributes }: Abilities,
  categories: Categories,
): string[] {
  const { details, byLabel, byType } = statistics;
  const { notes, note } = gathering();
  const unlabelled = byLabel.get(-1) ?? 0;
  const labelled = [...byLabel.values()].reduce((sum, number) => sum + number, 0) - unlabelled;
  note(
    limits.classes === 'none',
    labelled,
    '# {annotation loses its|annotations lose their} class: the format has none.',
  );
  note(
    limits.needsClass === true,
    unlabelled,
    '# {annotation without a class is|annotations without a class are} dropped.',
  );
  const homeless = [...statistics.byItemAttribute.keys()].filter((name) => !hasItemPlace(limits, name));
  note(true, homeless.length, '# {attribute|attributes} of items {has|have} no place: ', listed(homeless));
  if (limits.classes === 'words') {
    const words = wordNames(categories.labels);
    const renamed = categories.labels.flatMap(({ name }, at) =>
      words[at] === name ? [] : [`${name} becomes ${words[at]}`],
    );
    const text = '# {class is|classes are} renamed, as a name ends at a space: ';
    note(true, renamed.length, text, listed(renamed));
  }
  const holds = (type: AnnotationType): boolean => types.includes(type) && byType.has(type);
  const { itemsWithLabels, itemsWithCaptions, itemsWithMasks, masksOfSameClass } = details;
  note(
    limits.oneLabel === true && holds('label'),
    itemsWithLabels,
    '# {picture keeps|pictures keep} one of {its|their} classes.',
  );
  note(
    limits.oneCaption === true && holds('caption'),
    itemsWithCaptions,
    '# {picture keeps|pictures keep} one of {its|their} texts.',
  );
  note(
    limits.oneClass === true,
    details.itemsWithClasses,
    '# {picture has|pictures have} annotations of several classes and {keeps|keep} those of one, which {its|their} folder says.',
  );
  note(
    limits.oneShape === true,
    details.itemsWithShapes,
    '# {picture keeps|pictures keep} one of {its|their} boxes and of {its|their} sets of points.',
  );
  const flat = limits.flatMasks !== undefined && types.includes('mask');
  note(flat, itemsWithMasks, 'In # {picture|pictures} masks lose what others cover: they lie in one plane.');
  note(
    limits.flatMasks === 'class',
    masksOfSameClass,
    '# {mask joins|masks join} another of {its|their} class.',
  );
  const hidden = types.includes('points') ? hiddenIn(statistics, limits, categories) : 0;
  note(true, hidden, 'Of # {annotation|annotations} it is lost which points are hidden.');
  const texts = attributes === 'declared' || attributes.length === 0 ? [] : becomingText(statistics, limits);
  const what = limits.keepsFlags === true ? 'Numbers' : 'Numbers and yes or no';
  note(true, texts.length, `${what} become text in # {attribute|attributes}: `, listed(texts));
  const crowds = limits.withoutCrowds === true ? crowdsIn(statistics) : 0;
  note(
    true,
    crowds,
    '# {region with a crowd is|regions with crowds are} dropped: {it|they} would be taken for {an object|objects}.',
  );
  return notes;
}

/** Annotations with points of which some can't be seen, where the format can't say which. */
function hiddenIn({ details }: Statistics, { withoutVisibility }: Limits, { skeletons }: Categories): number {
  if (withoutVisibility === undefined) return 0;
  let number = 0;
  for (const [label, counts] of details.withHiddenPoints) {
    const own = withoutVisibility === true ? undefined : skeletons.get(label)?.points.length;
    for (const [points, count] of counts) if (points !== own) number += count;
  }
  return number;
}

/** Attributes that a format of text holds as words. */
function becomingText({ details }: Statistics, { textAttributes, keepsFlags }: Limits): string[] {
  if (textAttributes === undefined) return [];
  const typed = new Set([...(keepsFlags === true ? [] : details.flagAttributes), ...details.typedAttributes]);
  return [...typed].filter((name) => !textAttributes.includes(name));
}

function crowdsIn({ crowds }: Statistics): number {
  let number = 0;
  for (const types of crowds.values())
    for (const labels of types.values()) for (const count of labels.values()) number += count;
  return number;
}

/** Attributes that a set says its classes have. */
function declaredIn({ labels, attributes }: Categories): ReadonlySet<string> {
  return new Set([...attributes, ...labels.flatMap((label) => label.attributes)]);
}

export function holdsAttribute(target: Abilities, name: string, declared: ReadonlySet<string>): boolean {
  if (target.attributes === 'any') return true;
  if (target.attributes === 'declared') return declared.has(name);
  return target.attributes.includes(name);
}
