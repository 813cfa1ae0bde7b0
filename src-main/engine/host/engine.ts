import { mkdirSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { protocolVersion } from '../../contract/engine.ts';
import { RefineryError } from '../../contract/errors.ts';
import { finishedStates } from '../../contract/jobs.ts';
import type { EventName, EventPayload } from '../../contract/methods.ts';
import { definedOnly } from '../../contract/settings.ts';
import type { UpscaleAddResult } from '../../contract/upscale.ts';
import type { Handlers } from '../../contract/wire.ts';
import { Journal } from '../jobs/journal.ts';
import { JobQueue } from '../jobs/queue.ts';
import type { NewJob } from '../jobs/record.ts';
import { ModelCatalogue } from '../models/index.ts';
import { createUpscaler } from '../upscale/index.ts';
import { compressionHandlers } from './compression-handlers.ts';
import { configureHandlers } from './configure-handlers.ts';
import { conversionOf, convertInputOf, convertKind, writtenSet } from './convert-kind.ts';
import { datasetHandlers } from './dataset-handlers.ts';
import { resultView } from './dataset-view.ts';
import { detectorHandlers } from './detector-handlers.ts';
import { diagnose } from './doctor.ts';
import { type Folders, folderForPasted, uploadsFolder } from './folders.ts';
import { Handles } from './handles.ts';
import { Inspector } from './inspector.ts';
import { MediaLibrary } from './media.ts';
import { Conversions } from './model-conversion.ts';
import { modelHandlers } from './model-handlers.ts';
import { findPictures } from './pictures.ts';
import { recognize } from './recognition/index.ts';
import { RuntimeService } from './runtime-service.ts';
import { SettingsStore } from './settings.ts';
import { trainingHandlers } from './training-handlers.ts';
import { StartedFolders, trainingListHandlers } from './training-list.ts';
import { TrainingRecords } from './training-records.ts';
import { removeUnused } from './uploads.ts';
import { detailOf, inputOf, resultOf, type UpscaleDetail, upscaleKind } from './upscale-kind.ts';

export interface EngineOptions {
  readonly folders: Folders;
  readonly version: string;
  /** Keeps neither queue nor settings on disk: for one run of the command line. */
  readonly transient?: boolean;
  /** Folders on this machine that a page may name paths below (web mode). */
  readonly allowedFolders?: readonly string[];
  /** Ends this process, for its supervisor to start it anew: a native library is loaded once in a process's life. */
  readonly restart?: () => void;
  readonly emit: <Name extends EventName>(name: Name, payload: EventPayload<Name>) => void;
}

export interface Engine {
  readonly handlers: Handlers;
  /** Lets go of everything; running jobs go back into the queue. */
  close(): Promise<void>;
}

/** A handler that does something and has nothing to tell. */
function acting<Input>(act: (input: Input) => void): (input: Input) => Record<string, never> {
  return (input) => {
    act(input);
    return {};
  };
}

/** Puts the parts together: everything that answers the contract, but for what surrounds a page. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { folders, emit } = options;
  const startedAt = Date.now();
  mkdirSync(folders.data, { recursive: true });
  mkdirSync(folders.cache, { recursive: true });

  const journal = new Journal(options.transient ? ':memory:' : join(folders.data, 'journal.sqlite'));
  const settings = new SettingsStore(
    options.transient ? null : join(folders.data, 'settings.json'),
    (now) => {
      emit('settings.changed', now);
      queue.retell();
      compression.retell();
    },
  );
  const handles = new Handles(journal, options.allowedFolders ?? []);
  const runtime = new RuntimeService({
    cache: folders.cache,
    bundled: folders.runtime,
    settings: () => settings.get(),
  });
  const catalogue = new ModelCatalogue({
    embedded: folders.models,
    data: join(folders.data, 'models'),
    openvino: () => runtime.openvino(),
    samples: folders.samples,
    cacheDir: folders.cache,
    onChanged: () => void tellModels(),
  });
  const tellModels = async (): Promise<void> => emit('models.changed', { models: await catalogue.list() });
  const conversions = new Conversions({
    folders,
    version: options.version,
    add: async (folder, name) => {
      await catalogue.addDiffusion(folder, name);
      await tellModels();
    },
    onChanged: (conversion) => emit('models.conversion', conversion),
  });
  const upscaler = createUpscaler({
    sources: () => queue.inputsOf('upscale', (record) => inputOf(record).path),
    openvino: () => runtime.openvino(),
    runtime: () => runtime.identity(),
    catalogue,
    cacheDir: folders.cache,
    appVersion: options.version,
    threads: () => settings.get().threads,
    // Not the machine's: a container may give less.
    memoryBudgetBytes: () => settings.get().memoryBudget * 1024 * 1024 || process.availableMemory() * 0.5,
  });
  const media = new MediaLibrary(upscaler, folders.cache);

  const compression = compressionHandlers({
    handles,
    openvino: () => runtime.openvino(),
    budget: () => settings.get().compressionBudget ?? undefined,
    emit,
  });
  const started = new StartedFolders(journal);
  const training = trainingHandlers({ handles, folders, started, emit });
  const records = new TrainingRecords(journal);
  const detectors = detectorHandlers({
    handles,
    folders,
    openvino: () => runtime.openvino(),
    records,
    emit,
  });
  const datasets = datasetHandlers({
    handles,
    emit,
    jobs: {
      add: (input) => queue.add('convert', [{ title: basename(input.output), input, start: true }])[0]!,
      cancel: (set) => {
        const own = queue.list().filter(({ id, kind, state }) => {
          return kind === 'convert' && !finishedStates.has(state) && isOf(set, id);
        });
        queue.cancel(own.map(({ id }) => id));
        // One that was running tells of its end itself.
        const ended = own.some(({ id }) => queue.record(id).state === 'cancelled');
        if (ended) emit('datasets.finished', { id: set, result: null, error: cancelled });
      },
      result: (job) => conversionOf(queue.record(job)),
    },
  });
  const cancelled = { code: 'CANCELLED', message: 'Cancelled.' } as const;
  const isOf = (set: string, id: string): boolean => convertInputOf(queue.record(id)).set === set;

  let watched: string | null = null;
  const queue = new JobQueue({
    journal,
    kinds: [
      upscaleKind({
        upscaler,
        settings: () => settings.get().upscale,
        pathOfHandle: (id) => handles.path(id),
        usualFolder: (picture) => folderForPasted(picture, folders),
        onTile: (id) => (id === watched ? (tile) => emit('upscale.tile', tile) : undefined),
        notice: (message) => emit('engine.notice', { tone: 'warning', message }),
      }),
      convertKind({
        onProgress: (progress) => emit('datasets.progress', progress),
        onFinished: async (id, result, error) =>
          emit('datasets.finished', { id, result: result && (await resultView(result, handles)), error }),
      }),
    ],
    onChanged: (jobs, summary) => emit('jobs.changed', { jobs, summary }),
    onRemoved: (ids, summary) => emit('jobs.removed', { ids, summary }),
  });

  const inspector = new Inspector(
    (path) => upscaler.inspect(path),
    (inspected) => {
      const byId = new Map(inspected.map((entry) => [entry.id, entry]));
      queue.amend([...byId.keys()], (record) => {
        const entry = byId.get(record.id);
        return {
          detail: { ...detailOf(record), picture: entry?.picture ?? null },
          error: entry?.error ?? null,
        };
      });
    },
  );

  function addPictures(pictures: ReadonlyArray<{ path: string; relativeFolder: string }>): string[] {
    if (pictures.length === 0) return [];
    const jobs = pictures.map((input): NewJob => ({ title: basename(input.path), input }));
    const ids = queue.add('upscale', jobs);
    inspector.add(pictures.map(({ path }, index) => ({ id: ids[index]!, path })));
    return ids;
  }

  const handlers: Handlers = {
    'engine.info': async () => ({
      protocol: protocolVersion,
      version: options.version,
      pid: process.pid,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      startedAt,
      ...(await runtime.overview()),
    }),
    'engine.status': () => ({
      residentMemory: process.memoryUsage.rss(),
      freeMemory: process.availableMemory(),
    }),
    'engine.doctor': async () => ({ findings: await diagnose({ folders, runtime, catalogue }) }),
    'engine.runtimes': async () => ({ candidates: await runtime.candidates() }),
    'engine.useRuntime': async ({ folder }) => {
      const runtimePath = folder === null ? '' : handles.path(folder);
      if (runtimePath !== '') await runtime.checkFolder(runtimePath);
      await settings.set({ runtimePath });
      options.restart?.();
      return {};
    },
    'engine.ping': () => ({ at: Date.now() }),
    'engine.shutdown': async () => {
      await close();
      return {};
    },

    'files.admit': ({ paths }) => handles.admit(paths),
    'files.admitAllowed': ({ path }) => handles.admitAllowed(path),
    'files.describe': ({ id }) => handles.describe(id),
    'files.recognize': async ({ handles: given }) => ({
      parts: await recognize(await Promise.all(given.map((id) => handles.describe(id))), handles),
    }),
    'files.resolve': ({ id }) => ({ path: handles.path(id) }),
    'media.open': async ({ jobId, variant }) => {
      const picture = handles.pathOf(jobId) ?? (await datasets.pictureOf(jobId));
      if (picture !== undefined) return media.open(variant, picture, undefined);
      const record = queue.record(jobId);
      return media.open(variant, inputOf(record).path, resultOf(record)?.outputPath);
    },

    'jobs.list': ({ after }) => ({ ...queue.page(after), summary: queue.summary() }),
    'jobs.history': (query) => queue.history(query),
    'jobs.start': ({ ids }) => ({ started: queue.start(ids) }),
    'jobs.renew': acting(({ ids }) => queue.renew(ids)),
    'jobs.pause': acting(({ ids }) => queue.pause(ids)),
    'jobs.resume': acting(({ ids }) => queue.resume(ids)),
    'jobs.cancel': acting(({ ids }) => queue.cancel(ids)),
    'jobs.retry': acting(({ ids }) => queue.retry(ids)),
    'jobs.remove': ({ ids }) => ({ removed: queue.remove(ids) }),
    'jobs.forget': ({ ids, forgotten }) => ({ changed: queue.forget(ids, forgotten) }),
    'jobs.restore': acting(({ ids }) => queue.restore(ids)),
    'jobs.reorder': acting(({ ids, before }) => queue.reorder(ids, before)),
    'jobs.pauseAll': acting(() => queue.setPaused(true)),
    'jobs.resumeAll': acting(() => queue.setPaused(false)),
    'jobs.receipt': ({ id }) => {
      if (queue.record(id).kind === 'upscale') return { receipt: finished(id).receipt };
      throw new RefineryError('JOB_STATE', 'The receipt of this lies beside its result.');
    },
    'jobs.inputPath': ({ id }) => ({ path: inputOf(queue.record(id)).path }),
    'jobs.outputPath': async ({ id }) => ({ path: await outputOf(id) }),
    'jobs.admitOutput': async ({ id }) => handles.admit([await outputOf(id)]),

    'upscale.add': ({ handles: chosen }) => addHandles(chosen),
    'upscale.addVariants': ({ id, variants }) => {
      const { title, input, detail } = queue.record(id);
      const { picture } = detailOf({ detail });
      const jobs = variants.map(({ label, settings: override }): NewJob => {
        const own: UpscaleDetail = { picture, override, variant: label };
        return { title, input, detail: own, start: true };
      });
      return { jobIds: queue.add('upscale', jobs) };
    },
    'upscale.addSample': async () => ({
      jobIds: addPictures(await samplePictures()),
      refused: [],
      others: { count: 0, first: [] },
    }),
    'upscale.override': acting(({ ids, settings: override }) => {
      queue.amend(ids, (record) => ({ detail: { ...detailOf(record), override } }));
      queue.renew(ids);
    }),
    'upscale.watch': acting(({ id }) => {
      watched = id;
    }),

    ...modelHandlers({ catalogue, conversions, handles, settings, emit }),
    ...compression.handlers,
    ...configureHandlers({ handles }),
    ...training.handlers,
    ...trainingListHandlers({
      handles,
      records,
      detectors: detectors.trainings,
      folders: started,
      launchAgain: training.launchAgain,
    }),
    ...datasets.handlers,
    ...detectors.handlers,

    'settings.get': () => settings.get(),
    'settings.set': ({ change }) => settings.set(definedOnly(change)),
  };

  function finished(id: string): NonNullable<ReturnType<typeof resultOf>> {
    const result = resultOf(queue.record(id));
    if (result) return result;
    throw new RefineryError('JOB_STATE', 'There is no result yet.', {
      hint: 'Wait until the picture is done.',
    });
  }

  /** Of a picture, whoever asks finds out whether it is still there. */
  async function outputOf(id: string): Promise<string> {
    const { outputPath } = finished(id);
    return queue.record(id).kind === 'convert' ? writtenSet(outputPath) : outputPath;
  }

  async function addHandles(chosen: readonly string[]): Promise<UpscaleAddResult> {
    const pictures: Array<{ path: string; relativeFolder: string }> = [];
    const refused: UpscaleAddResult['refused'] = [];
    const others: string[] = [];
    for (const id of chosen) {
      const handle = await handles.describe(id);
      const path = handles.path(id);
      if (handle.kind === 'file') {
        pictures.push({ path, relativeFolder: '' });
        continue;
      }
      const found = await findPictures(path);
      pictures.push(...found.pictures);
      others.push(...found.others);
      if (found.pictures.length === 0) {
        refused.push({
          name: handle.name,
          error: {
            code: 'INPUT_NOT_FOUND',
            message: 'There are no pictures in this folder.',
            hint: 'PNG, JPEG, WebP, AVIF, TIFF and GIF are read.',
          },
        });
      }
      for (const folder of found.unreadable) {
        refused.push({
          name: basename(folder),
          error: { code: 'INPUT_UNREADABLE', message: 'You have no permission to read this folder.' },
        });
      }
    }
    const left = { count: others.length, first: others.slice(0, 5) };
    return { jobIds: addPictures(pictures), refused, others: left };
  }

  /** The sample is copied to where its result may be written. */
  async function samplePictures(): Promise<Array<{ path: string; relativeFolder: string }>> {
    const [sample] = (await findPictures(folders.samples)).pictures;
    if (!sample) return [];
    const folder = join(folders.data, 'samples');
    const path = join(folder, basename(sample.path));
    await mkdir(folder, { recursive: true });
    await copyFile(sample.path, path);
    return [{ path, relativeFolder: '' }];
  }

  let closing: Promise<void> | undefined;
  function close(): Promise<void> {
    closing ??= (async () => {
      inspector.close();
      catalogue.cancelAll();
      await conversions.close();
      training.close();
      await compression.close();
      await datasets.close();
      await detectors.close();
      await queue.shutdown();
      await settings.settled();
      await upscaler.dispose();
      journal.close();
    })();
    return closing;
  }

  await queue.open();
  if (!options.transient) {
    void removeUnused(join(folders.data, uploadsFolder), () =>
      Array.from(queue.records(), ({ input, spec, result }) => JSON.stringify([input, spec, result])),
    );
  }
  // A header that was not read before the last end is read now.
  inspector.add(
    queue
      .list()
      .flatMap(({ id, state, upscale }) =>
        state === 'ready' && upscale?.picture === null ? [{ id, path: inputOf(queue.record(id)).path }] : [],
      ),
  );
  return { handlers, close };
}
