import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DatasetMerging, DatasetStage, OtherDataset } from '../../contract/datasets.ts';
import { RefineryError } from '../../contract/errors.ts';
import type { EventName, EventPayload } from '../../contract/methods.ts';
import type { Handlers } from '../../contract/wire.ts';
import type { DatasetSession, OtherSet } from '../datasets/browse/index.ts';
import {
  type ConversionResult,
  type MergeOptions,
  optionsSchema,
  readRecipe,
  stepText,
  type TransformStep,
  transformNamed,
  transforms,
  writeRecipe,
} from '../datasets/index.ts';
import { handOff, makePathAbsolute } from '../datasets/training/index.ts';
import type { ConvertInput } from './convert-kind.ts';
import { lookAtSet, pathOfSet } from './dataset-places.ts';
import { differenceView, itemView, lossView, resultView, summaryOf, totalOf } from './dataset-view.ts';
import type { Handles } from './handles.ts';

interface Parts {
  readonly handles: Handles;
  /** Conversions in the queue. */
  readonly jobs: {
    /** @returns the job's id. */
    add(input: ConvertInput): string;
    /** Ends those that were started from an open set. */
    cancel(set: string): void;
    /** What came of one; null where it is not done, or was none. */
    result(job: string): ConversionResult | null;
  };
  readonly emit: <Name extends EventName>(name: Name, payload: EventPayload<Name>) => void;
}

/** Milliseconds for a look at the first pictures of a set. */
const mostPreview = 10_000;

type DatasetMethod = Extract<keyof Handlers, `datasets.${string}`>;

/** Sets that are open at once: a page may look at another while one stays, and there may be several pages. */
const mostOpen = 4;

/** A set that is open. Work on it is ended by newer work of its kind: what was asked for before is no longer wanted. */
interface OpenSet {
  readonly session: DatasetSession;
  readonly work: Map<DatasetStage, AbortController>;
  /** Ends when the set is closed. */
  readonly whileOpen: AbortController;
}

/** Answers `datasets.*`. A few sets are open at a time; what takes long is told of and can be cancelled. */
export function datasetHandlers({ handles, emit, jobs }: Parts): {
  readonly handlers: Pick<Handlers, DatasetMethod>;
  /** Path of a picture of the open set, by the name that pages use for it. */
  pictureOf(name: string): Promise<string | undefined>;
  close(): Promise<void>;
} {
  /** By their ids, the one that was asked for last at the end. */
  const open = new Map<string, OpenSet>();

  async function close(id: string): Promise<void> {
    const last = open.get(id);
    open.delete(id);
    if (last) end([...last.work.values(), last.whileOpen], 'The set was closed.');
    await last?.session[Symbol.asyncDispose]();
  }

  function opened(id: string): OpenSet {
    const found = open.get(id);
    if (found) {
      open.delete(id);
      open.set(id, found);
      return found;
    }
    throw new RefineryError('BAD_REQUEST', 'This set is no longer open.', { hint: 'Open it again.' });
  }

  const end = (work: Iterable<AbortController>, why: string): void => {
    for (const abort of work) abort.abort(new RefineryError('CANCELLED', why));
  };

  function begin(id: string, stage: DatasetStage) {
    const { work } = opened(id);
    work.get(stage)?.abort(new RefineryError('CANCELLED', 'Something newer was asked for.'));
    const abort = new AbortController();
    work.set(stage, abort);
    return {
      signal: abort.signal,
      onProgress: (done: number, total: number | null = null) =>
        emit('datasets.progress', { id, stage, done, total }),
    };
  }

  /** What of others takes long, an archive's unpacking before it. */
  function beginWithOthers(id: string, stage: 'merging' | 'comparing') {
    const { signal, onProgress } = begin(id, stage);
    return {
      signal,
      onProgress,
      onUnpacking: (done: number, total: number) => emit('datasets.progress', { id, stage, done, total }),
    };
  }

  const otherOf = ({ format, ...place }: OtherDataset): OtherSet => ({
    path: pathOfSet(place, handles),
    from: format,
  });

  const handlers: Pick<Handlers, DatasetMethod> = {
    'datasets.open': async ({ again, ...place }) => {
      const id = again ?? `set-${randomUUID()}`;
      const { session, look } = await lookAtSet(place, handles, () => begin(id, 'unpacking'));
      await close(id);
      open.set(id, { session, work: new Map(), whileOpen: new AbortController() });
      for (const oldest of [...open.keys()].slice(0, -mostOpen)) await close(oldest);
      return { id, ...look };
    },
    'datasets.isOpen': ({ id }) => ({ open: open.has(id) }),
    'datasets.examine': async (place) => {
      const { session, look } = await lookAtSet(place, handles, () => {
        throw new RefineryError('INTERNAL', 'What is only looked at is not unpacked.');
      });
      await session[Symbol.asyncDispose]();
      return look;
    },
    'datasets.read': async ({ id, format }) =>
      summaryOf(await opened(id).session.read(format, begin(id, 'reading'))),
    'datasets.merge': async ({ id, others, merging }) => {
      const { session } = opened(id);
      const { reading, sizes } = await session.merge(
        others.map(otherOf),
        mergeOptions(merging),
        beginWithOthers(id, 'merging'),
      );
      return { summary: summaryOf(reading), sizes: [...sizes], merging: session.merged?.options ?? merging };
    },
    'datasets.compare': async ({ id, steps, other, pictures }) =>
      differenceView(
        await opened(id).session.compare(
          admitted(steps),
          otherOf(other),
          pictures,
          beginWithOthers(id, 'comparing'),
        ),
      ),
    'datasets.preview': async ({ id, format }) => {
      const { session, whileOpen } = opened(id);
      await session.unpack();
      const signal = AbortSignal.any([whileOpen.signal, AbortSignal.timeout(mostPreview)]);
      const { items, looked, categories, problems } = await session.preview(format, signal);
      const seen = new Set(
        items.flatMap(({ annotations }) => annotations.map((part) => ('label' in part ? part.label : null))),
      );
      return {
        items: items.map((item, index) => itemView(item, index, false)),
        looked,
        labels: categories.labels.flatMap(({ name }, index) => (seen.has(index) ? [name] : [])),
        problems: problems.total,
      };
    },
    'datasets.items': async ({ id, filter, changed, offset, count }) => {
      const { session } = opened(id);
      const { finding, difference, ...own } = filter;
      const indices = session.find(own, changed, { check: finding, difference });
      const items = await Promise.all(
        indices.slice(offset, offset + count).map(async (index) => {
          const item = await session.item(index, changed);
          return item ? [itemView(item, index, changed && session.remakes)] : [];
        }),
      );
      return { total: indices.length, items: items.flat() };
    },
    'datasets.transforms': () => ({
      transforms: transforms
        .filter(({ files }) => !files)
        .map((transform) => ({
          name: transform.name,
          aliases: [...transform.aliases],
          about: transform.about,
          description: transform.description,
          schema: optionsSchema(transform) as Record<string, unknown>,
        })),
    }),
    'datasets.shape': async ({ id, steps }) => {
      const { reading, targets } = await opened(id).session.shape(admitted(steps), begin(id, 'planning'));
      return {
        summary: summaryOf(reading),
        targets: targets.map(({ format, loss }) => ({
          format: format.name,
          title: format.title,
          total: totalOf(loss, format.abilities.limits?.classes === 'none'),
          loss: lossView(loss),
        })),
      };
    },
    'datasets.validate': async ({ id, steps, task, similar }) => {
      const { session } = opened(id);
      const { signal } = begin(id, 'checking');
      const asked = { similar, ...(task === undefined ? {} : { task }) };
      const { task: taken, findings } = await session.validate(admitted(steps), asked, signal);
      return {
        task: taken,
        findings: findings.map(({ byLabel, examples, items, ...finding }) => ({
          ...finding,
          items: items.length,
          byLabel: Object.entries(byLabel).map(([label, count]) => ({ label, count })),
          examples: [...examples],
        })),
      };
    },
    'datasets.describe': async ({ id, steps }) => {
      const made = await opened(id).session.describe(admitted(steps), begin(id, 'checking').signal);
      const subsets = [...made.statistics.bySubset.keys()];
      const plain = ({ edges, counts }: typeof made.boxSizes) => ({ edges: [...edges], counts: [...counts] });
      return {
        annotations: made.annotations,
        items: made.statistics.items,
        subsets,
        classes: made.classes.map(({ bySubset, ...own }) => ({
          ...own,
          bySubset: subsets.map((subset) => bySubset[subset] ?? 0),
        })),
        boxSizes: plain(made.boxSizes),
        aspectRatios: plain(made.aspectRatios),
        heatMap: made.heatMap.map((row) => [...row]),
        perItem: made.perItem,
        pictureSizes: [...made.pictureSizes],
      };
    },
    'datasets.plan': async ({ id, to, steps }) => {
      const { session } = opened(id);
      const { signal, onProgress } = begin(id, 'planning');
      const plan = await session.plan({
        to,
        transforms: admitted(steps),
        output: '',
        media: 'copy',
        signal,
        onProgress: ({ done }) => onProgress(done),
      });
      return { loss: lossView(plan.loss), advice: [...plan.advice], choices: [...plan.choices] };
    },
    'datasets.convert': async ({ id, to, steps, folder, name, media, overwrite, strict }) => {
      const { session } = opened(id);
      const parent = folder === null ? session.outer : handles.path(folder);
      const output = join(parent, safeName(name));
      if (!overwrite && (await stat(output).catch(() => undefined))) {
        throw new RefineryError('OUTPUT_EXISTS', `There is already something named ${basename(output)}.`, {
          hint: 'Choose another name, or allow replacing.',
        });
      }
      const { path, merged } = session;
      const { format, statistics } = session.reading;
      const jobId = jobs.add({
        ...{ path, from: format.name, items: statistics.items, set: id },
        ...(merged === null ? {} : { merged }),
        ...{ to, steps: admitted(steps), output, media, overwrite, strict },
      });
      return { jobId };
    },
    'datasets.cancel': ({ id, stage }) => {
      const work = open.get(id)?.work ?? new Map<DatasetStage, AbortController>();
      if (stage !== undefined) {
        const one = work.get(stage);
        end(one ? [one] : [], 'Cancelled.');
        return {};
      }
      end(work.values(), 'Cancelled. Nothing was written.');
      jobs.cancel(id);
      return {};
    },
    'datasets.recipe': ({ from, to, steps, media }) => ({
      recipe: writeRecipe({
        version: 1,
        ...(from === null ? {} : { from }),
        ...(to === null ? {} : { to }),
        ...{ media, transforms: steps },
      }),
      transforms: steps.map(stepText),
    }),
    'datasets.openRecipe': ({ text }) => {
      const { transforms: steps, to = null, media = null } = readRecipe(text);
      return { steps: admitted(steps), to, media };
    },
    'datasets.handOff': async ({ handle, absolute }) => {
      const folder = handles.path(handle);
      if (absolute) await makePathAbsolute(folder);
      const { task, trains, findings, commands } = await handOff(folder);
      return {
        task,
        trains,
        findings: findings.map(({ check, severity, title, hint, count, examples }) => ({
          check,
          severity,
          title,
          hint: hint ?? '',
          count,
          examples: [...examples],
        })),
        commands: commands.map(({ title, command }) => ({ title, command })),
      };
    },
    'datasets.outcome': async ({ job }) => {
      const result = jobs.result(job);
      return { result: result && (await resultView(result, handles)) };
    },
    'datasets.close': async ({ id }) => {
      await close(id);
      return {};
    },
  };

  return {
    handlers: aboutOpenSets(handlers, (id) => open.get(id)?.session),
    async close() {
      for (const id of [...open.keys()]) await close(id);
    },
    async pictureOf(name) {
      const [, id, of, place] = /^(set-[\w-]+)\.(?:(\w+)\.)?(\d+)$/.exec(name) ?? [];
      if (id === undefined || place === undefined) return undefined;
      const { session } = opened(id);
      const index = Number(place);
      // The number behind it tells a page's pictures from those of earlier changes.
      const isChanged = of !== undefined && /^changed\d*$/.test(of);
      const isPreview = of !== undefined && !isChanged;
      const item = isPreview ? session.previewed(of, index) : await session.item(index, isChanged);
      return item?.media?.path;
    },
  };
}

/** The same handlers, each of which works within the set that it is asked about. */
function aboutOpenSets(
  handlers: Pick<Handlers, DatasetMethod>,
  sessionOf: (id: string) => DatasetSession | undefined,
): Pick<Handlers, DatasetMethod> {
  const about = (handler: (input: never) => unknown) => (input: unknown) => {
    const id = (input as { readonly id?: unknown }).id;
    const session = typeof id === 'string' ? sessionOf(id) : undefined;
    const work = (): unknown => handler(input as never);
    return session ? session.during(work) : work();
  };
  return Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [name, about(handler)]),
  ) as Pick<Handlers, DatasetMethod>;
}

/** The steps of a page, which may name no file: not even where one lies. */
function admitted(steps: readonly TransformStep[]): TransformStep[] {
  for (const { name } of steps) {
    if (!transformNamed(name).files) continue;
    throw new RefineryError('FORBIDDEN', `${name} reads a file, and a page can't name one.`, {
      hint: 'Use it on the command line, or take the changes that the faults of the set offer.',
    });
  }
  return [...steps];
}

/** Without what is not said. */
const mergeOptions = ({ mode, overlap, quorum }: DatasetMerging): MergeOptions => ({
  mode,
  ...(overlap === undefined ? {} : { overlap }),
  ...(quorum === undefined ? {} : { quorum }),
});

/** A folder's name as a page gave it: one part, never a way to another place. */
function safeName(name: string): string {
  if (name !== '.' && name !== '..' && !/[/\\\0]/.test(name)) return name;
  throw new RefineryError('BAD_REQUEST', 'The name of the new folder has a slash in it.', {
    hint: 'Choose the folder that it goes into, and give a plain name.',
  });
}
