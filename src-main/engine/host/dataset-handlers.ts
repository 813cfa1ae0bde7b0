import { randomUUID } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { DatasetProgress, DatasetView } from '../../contract/datasets.ts';
import { RefineryError } from '../../contract/errors.ts';
import type { EventName, EventPayload } from '../../contract/methods.ts';
import type { Handlers } from '../../contract/wire.ts';
import { everyFolder, framesOf, isVideo } from '../datasets/archives/index.ts';
import { DatasetSession } from '../datasets/browse/index.ts';
import { inside } from '../datasets/files/paths.ts';
import {
  readRecipe,
  stepText,
  type TransformStep,
  transformNamed,
  transforms,
  writeRecipe,
} from '../datasets/index.ts';
import { handOff, makePathAbsolute } from '../datasets/training/index.ts';
import { isBelow } from '../io/below.ts';
import type { ConvertInput } from './convert-kind.ts';
import { candidateView, itemView, lossView, summaryOf, totalOf } from './dataset-view.ts';
import type { Handles } from './handles.ts';

interface Parts {
  readonly handles: Handles;
  /** Conversions in the queue. */
  readonly jobs: {
    /** @returns the job's id. */
    add(input: ConvertInput): string;
    /** Ends those that were started from an open set. */
    cancel(set: string): void;
  };
  readonly emit: <Name extends EventName>(name: Name, payload: EventPayload<Name>) => void;
}

/** Milliseconds for a look at the first pictures of a set. */
const mostPreview = 10_000;

type DatasetMethod = Extract<keyof Handlers, `datasets.${string}`>;

/** Answers `datasets.*`. One set is open at a time; what takes long is told of and can be cancelled. */
export function datasetHandlers({ handles, emit, jobs }: Parts): {
  readonly handlers: Pick<Handlers, DatasetMethod>;
  /** Path of a picture of the open set, by the name that pages use for it. */
  pictureOf(name: string): Promise<string | undefined>;
  close(): Promise<void>;
} {
  /** Work is ended by newer work of its kind: what was asked for before is no longer wanted. */
  let open:
    | {
        readonly id: string;
        readonly session: DatasetSession;
        readonly work: Map<DatasetProgress['stage'], AbortController>;
        /** Ends when the set is closed. */
        readonly whileOpen: AbortController;
      }
    | undefined;

  async function close(): Promise<void> {
    const last = open;
    open = undefined;
    if (last) end([...last.work.values(), last.whileOpen], 'The set was closed.');
    await last?.session[Symbol.asyncDispose]();
  }

  function opened(id: string): NonNullable<typeof open> {
    if (open?.id === id) return open;
    throw new RefineryError('BAD_REQUEST', 'This set is no longer open.', { hint: 'Open it again.' });
  }

  const end = (work: Iterable<AbortController>, why: string): void => {
    for (const abort of work) abort.abort(new RefineryError('CANCELLED', why));
  };

  function begin(id: string, stage: DatasetProgress['stage']) {
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

  /**
   * Those of a folder, but no links that lead out of it.
   *
   * @param handle of the folder or archive that was opened, and `within` the folder in it.
   */
  async function innerSets(
    { path, inner, isArchive }: DatasetSession,
    handle: string,
    within: string,
  ): Promise<DatasetView['sets']> {
    if (isArchive) {
      return inner.map(({ folder, ...found }) => ({
        ...{ handle, folder, within: within === '' ? folder : `${within}/${folder}` },
        ...candidateView(found),
      }));
    }
    const outer = await realpath(path);
    const sets = await Promise.all(
      inner.map(async ({ folder, ...found }) => {
        const real = await realpath(join(path, folder));
        if (!isBelow(real, outer)) return [];
        const { handles: admitted } = await handles.admit([real]);
        return admitted.map(({ id }) => ({ handle: id, folder, within: '', ...candidateView(found) }));
      }),
    );
    return sets.flat();
  }

  const handlers: Pick<Handlers, DatasetMethod> = {
    'datasets.open': async ({ handle, within, every }) => {
      const { name, location, kind } = await handles.describe(handle);
      if (within !== '' && kind === 'folder') {
        throw new RefineryError('BAD_REQUEST', 'A folder below an open one has a handle of its own.');
      }
      const id = `set-${randomUUID()}`;
      const path = handles.path(handle);
      const video =
        kind !== 'folder' && isVideo(path) ? { handle, frames: await framesOf(path), every } : null;
      const folder = video ? everyFolder(every) : within;
      const session = await DatasetSession.open(folder === '' ? path : inside(path, folder), () =>
        begin(id, 'unpacking'),
      );
      await close();
      open = { id, session, work: new Map(), whileOpen: new AbortController() };
      return {
        id,
        name: within === '' ? name : basename(within),
        location: within === '' ? location : join(location, name, dirname(within)),
        candidates: session.candidates.map(candidateView),
        sets: await innerSets(session, handle, within),
        video,
      };
    },
    'datasets.read': async ({ id, format }) =>
      summaryOf(await opened(id).session.read(format, begin(id, 'reading'))),
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
      const { finding, ...own } = filter;
      const indices = session.find(own, changed, finding);
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
        .map(({ name, description, options }) => ({
          name,
          description,
          schema: z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>,
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
      const made = await opened(id).session.describe(admitted(steps), begin(id, 'reading').signal);
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
        media: 'none',
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
      const { path } = session;
      const { format, statistics } = session.reading;
      const jobId = jobs.add({
        ...{ path, from: format.name, items: statistics.items, set: id },
        ...{ to, steps: admitted(steps), output, media, overwrite, strict },
      });
      return { jobId };
    },
    'datasets.cancel': ({ id }) => {
      if (open?.id === id) end(open.work.values(), 'Cancelled. Nothing was written.');
      jobs.cancel(id);
      return {};
    },
    'datasets.recipe': ({ from, to, steps, media }) => ({
      recipe: writeRecipe({ version: 1, from, to, media, transforms: steps }),
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
    'datasets.close': async ({ id }) => {
      if (open?.id === id) await close();
      return {};
    },
  };

  return {
    handlers,
    close,
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

/** A folder's name as a page gave it: one part, never a way to another place. */
function safeName(name: string): string {
  if (name !== '.' && name !== '..' && !/[/\\\0]/.test(name)) return name;
  throw new RefineryError('BAD_REQUEST', 'The name of the new folder has a slash in it.', {
    hint: 'Choose the folder that it goes into, and give a plain name.',
  });
}
