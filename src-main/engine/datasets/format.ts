import type { AnnotationType, Categories, Infos, Item, Media, ProblemLog } from './model/index.ts';

/** A set that is open for reading. */
export interface Dataset {
  /** Known before the first item. */
  readonly categories: Categories;
  readonly media: Media['kind'];
  /** What the set says of itself, where it says anything. */
  readonly infos?: Infos;
  /** Reads the set from its start, one item at a time. It can be called again. */
  items(): AsyncIterable<Item>;
  /** What could not be read. It grows while items are read. */
  readonly problems: ProblemLog;
  /** Gives up what it keeps for another reading, which takes longer then. A reader that keeps little has none. */
  forget?(): void;
}

/** A view of a set that tells its problems once, however often it is read. */
export function toldOnce<Set extends Dataset>(dataset: Set): Set {
  return {
    ...dataset,
    async *items() {
      yield* dataset.items();
      dataset.problems.close();
    },
  };
}

/** Names in a folder, enough of them to tell its format; never the whole of a large set. */
export interface Listing {
  readonly folder: string;
  /** Relative paths with forward slashes: the same folder's in a row, sorted. */
  readonly files: readonly string[];
  /** Every folder that was looked into or seen, relative. */
  readonly folders: readonly string[];
  /** True where names were left out. */
  readonly sampled: boolean;
  /** First characters of a file. */
  head(path: string): Promise<string>;
}

/** What a format says about a folder. */
export interface Verdict {
  /** 0 to 1. A format's own marks (a file that no other has) are 0.9 or more, a mere fitting layout 0.5. */
  readonly confidence: number;
  /** Plain sentences. */
  readonly reasons: readonly string[];
  readonly against: readonly string[];
}

/** What a format can't say of what it holds. Only the report of losses asks: a format's writer does it. */
export interface Limits {
  /** `none`: no classes at all. `words`: names without spaces. */
  readonly classes?: 'none' | 'words';
  /** Shapes without a class have no place. */
  readonly needsClass?: true;
  /** One class for a whole picture, and no more. */
  readonly oneLabel?: true;
  /** One text for a whole picture, and no more. */
  readonly oneCaption?: true;
  /** Masks of a picture lie in one plane: what others cover is cut off. `class`: those of a class become one, too. */
  readonly flatMasks?: 'objects' | 'class';
  /** Outlines are held exactly that have so many corners; `types` says what becomes of the others. */
  readonly corners?: number;
  /** Its skeletons have no lines between points. */
  readonly withoutJoints?: true;
  /** It has no place for whether a point can be seen: never, or for points that are no skeleton's of their class. */
  readonly withoutVisibility?: true | 'outside skeletons';
  /** Attributes are text, so that numbers and yes or no become words, but for these, which have a place of their own. */
  readonly textAttributes?: readonly string[];
  /** Of those, yes and no are told from words all the same. */
  readonly keepsFlags?: true;
  /** A region with a crowd in it would be taken for one object. */
  readonly withoutCrowds?: true;
  /** Attributes of items that have a place, where others have none; or those that have none, as the names mean something. */
  readonly itemAttributes?: { readonly only: readonly string[] } | { readonly but: readonly string[] };
  /**
   * Of the attributes that it holds, those that it holds of annotations of these types; of other types all. Of an object with
   * a box besides, the box's are the object's.
   */
  readonly attributesOf?: Partial<Record<AnnotationType, readonly string[]>>;
  /** Which items there are is read from the pictures that there are. */
  readonly byPictures?: true;
  /** Everything in a picture is of one class. */
  readonly oneClass?: true;
  /** A picture has one box and one set of points, and no more. */
  readonly oneShape?: true;
  /** Boxes are those around masks: others have no place. */
  readonly boxesOfMasks?: true;
}

/** What a format can hold. The rest is turned into what it can hold, or dropped: see `loss.ts`. */
export interface Abilities {
  readonly types: readonly AnnotationType[];
  /** `any`, only the ones that a class declares, or these names and no others. */
  readonly attributes: 'any' | 'declared' | readonly string[];
  readonly itemAttributes: boolean;
  /** Whether it has a place for what a set says of itself. */
  readonly infos?: boolean;
  /** Whether it has a place for what else is said of a class. */
  readonly labelFacts?: boolean;
  /** Whether its skeletons say which points change places in a mirror. */
  readonly mirrored?: boolean;
  /** Whether the parts of one object stay together, and whether several objects may belong together, too. */
  readonly groups: boolean | 'objects';
  readonly zOrder: boolean;
  readonly labelParents: boolean;
  readonly skeletons: boolean;
  readonly subsets: boolean;
  readonly limits?: Limits;
}

/** What the plainest format can hold, for others to say only what is more. */
export const noAbilities: Omit<Abilities, 'types'> = {
  attributes: [],
  itemAttributes: false,
  groups: false,
  zOrder: false,
  labelParents: false,
  skeletons: false,
  subsets: false,
};

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Resolves at once, or when it may go on: asked where reading takes seconds before the first item. */
  readonly waitWhilePaused?: (() => Promise<void>) | undefined;
}

export interface WriteOptions {
  /** `copy` takes the pictures along, byte by byte; `none` writes annotations only. */
  readonly media: 'copy' | 'none';
  readonly signal?: AbortSignal;
}

export interface WriteReport {
  readonly items: number;
  /** Annotations of the source that the written set holds, exactly or approximated. */
  readonly annotations: number;
  readonly files: number;
  /** What could not be written as it was. */
  readonly problems: ProblemLog;
}

/** One format. It is a folder under `formats/` and a line in `formats/index.ts`. */
export interface Format {
  /** Name in commands: lower case with underscores. */
  readonly name: string;
  /** Name for people. */
  readonly title: string;
  readonly aliases: readonly string[];
  readonly abilities: Abilities;
  /** Null where nothing speaks for this format. */
  detect(listing: Listing): Promise<Verdict | null>;
  read(folder: string, options?: ReadOptions): Promise<Dataset>;
  write(dataset: Dataset, folder: string, options: WriteOptions): Promise<WriteReport>;
}

/** Format for reading only: a tool's own layout that nothing else takes. */
export type ReadOnlyFormat = Omit<Format, 'write' | 'abilities'> & {
  readonly abilities: null;
  readonly write?: undefined;
};

export type AnyFormat = Format | ReadOnlyFormat;
