import type { z } from 'zod';
import type { DatasetTransform } from '../../../contract/datasets.ts';
import { RefineryError } from '../../../contract/errors.ts';
import type { Dataset } from '../format.ts';
import type { Categories, Item } from '../model/index.ts';

export interface TransformContext {
  /** Folder for pictures that a transform makes; null where nothing is written and only sizes matter. */
  readonly scratch: string | null;
  readonly signal?: AbortSignal;
}

/** A change to a set. Most give a view of it that is made item by item while it is read. */
export interface Transform {
  /** Lower case with underscores; Datumaro's name where it has the same one. */
  readonly name: string;
  readonly aliases: readonly string[];
  /** Under which heading it is offered. */
  readonly about: DatasetTransform['about'];
  /** What it does, in a sentence. */
  readonly description: string;
  /** An option that is about the set's own classes or subsets says so by `meta({ names })`: they are offered to choose from. */
  readonly options: z.ZodObject;
  /** Option that takes the names that are no options themselves: `map_subsets:valid=val`. */
  readonly names: string | null;
  /** Whether an option is the path of a file to read. Pages name no paths: such a one is for the command line alone. */
  readonly files: boolean;
  /** Whether it makes pictures anew: what they show is only known when they are written. */
  readonly remakes: boolean;
  /** @throws {RefineryError} `BAD_REQUEST` for options that don't fit the schema or the set. */
  apply(dataset: Dataset, options: unknown, context: TransformContext): Promise<Dataset>;
}

/** Ties a transform's work to the schema of its options. */
export function defineTransform<Schema extends z.ZodObject>(transform: {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly about: Transform['about'];
  readonly description: string;
  readonly options: Schema;
  readonly names?: keyof z.output<Schema> & string;
  readonly files?: boolean;
  readonly remakes?: boolean;
  apply(dataset: Dataset, options: z.output<Schema>, context: TransformContext): Dataset | Promise<Dataset>;
}): Transform {
  const { name, about, description, options } = transform;
  return {
    name,
    about,
    aliases: transform.aliases ?? [],
    description,
    options,
    names: transform.names ?? null,
    files: transform.files ?? false,
    remakes: transform.remakes ?? false,
    async apply(dataset, given, context) {
      const parsed = options.safeParse(given ?? {});
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        const where = issue?.path.join('.') ?? '';
        throw new RefineryError(
          'BAD_REQUEST',
          `${name}: ${where === '' ? '' : `${where}: `}${issue?.message}.`,
          {
            hint: `Options of ${name}: ${Object.keys(options.shape).join(', ') || 'none'}.`,
          },
        );
      }
      return transform.apply(dataset, parsed.data, context);
    },
  };
}

/** A view of a set with each item changed, or left out where the change gives null. */
export function mapItems(
  dataset: Dataset,
  change: (item: Item, index: number) => Item | null | Promise<Item | null>,
  categories: Categories = dataset.categories,
): Dataset {
  return {
    ...dataset,
    categories,
    async *items() {
      let index = 0;
      for await (const item of dataset.items()) {
        const changed = change(item, index);
        index += 1;
        const made = changed instanceof Promise ? await changed : changed;
        if (made !== null) yield made;
      }
    },
  };
}

/** A view that tells, behind its last item, of names that the options have and no item, each of which is taken out when it is met. */
export function tellingOf(
  view: Dataset,
  unseen: ReadonlySet<string>,
  problems: Dataset['problems'],
  reason: string,
): Dataset {
  return {
    ...view,
    async *items() {
      yield* view.items();
      for (const name of unseen) problems.add('', name, reason);
    },
  };
}

/** A view with the same items and other annotations. */
export function mapAnnotations(
  dataset: Dataset,
  change: (annotations: Item['annotations'], item: Item) => Item['annotations'],
): Dataset {
  return mapItems(dataset, (item) => ({ ...item, annotations: change(item.annotations, item) }));
}

const batch = 256;

/** {@link mapItems} for a change that costs less for many items at once. @param begin makes the change anew for each reading. */
export function mapBatches(
  dataset: Dataset,
  begin: () => (items: readonly Item[]) => readonly Item[],
): Dataset {
  return {
    ...dataset,
    async *items() {
      const change = begin();
      let waiting: Item[] = [];
      for await (const item of dataset.items()) {
        waiting.push(item);
        if (waiting.length < batch) continue;
        yield* change(waiting);
        waiting = [];
      }
      yield* change(waiting);
    },
  };
}
