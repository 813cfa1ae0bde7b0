import { randomInt } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Job } from '../../contract/jobs.ts';
import type {
  PictureInfo,
  TilePreview,
  UpscaleResult,
  UpscaleSettings,
  UpscaleSpec,
} from '../../contract/upscale.ts';
import type { JobRecord } from '../jobs/journal.ts';
import type { JobKind } from '../jobs/kind.ts';
import { waitsForTurn } from '../jobs/record.ts';
import { type PendingCommit, recoverCommit, sideBySide, type Upscaler } from '../upscale/index.ts';
import { forPeople } from './folders.ts';

/** Where a picture comes from. */
export interface UpscaleInput {
  readonly path: string;
  /** Folder below the one that was dropped. */
  readonly relativeFolder: string;
}

/** What is known of a picture, and what was chosen for it alone. */
export interface UpscaleDetail {
  readonly picture: PictureInfo | null;
  readonly override: UpscaleSettings | null;
  readonly variant?: string;
}

export interface UpscaleKindOptions {
  readonly upscaler: Upscaler;
  readonly settings: () => UpscaleSettings;
  readonly pathOfHandle: (id: string) => string;
  /** Where the result of a picture goes, where nothing was chosen; null is beside it. */
  readonly usualFolder: (picture: string) => string | null;
  /** Gets the tiles of a job, if anybody watches it. */
  readonly onTile: (jobId: string) => ((tile: TilePreview) => void) | undefined;
  readonly notice: (message: string) => void;
}

export const inputOf = (record: JobRecord): UpscaleInput => record.input as UpscaleInput;
export const detailOf = (record: Pick<JobRecord, 'detail'>): UpscaleDetail =>
  (record.detail as UpscaleDetail | null) ?? { picture: null, override: null };
export const resultOf = (record: JobRecord): UpscaleResult | null => record.result as UpscaleResult | null;

/** How many pictures are in hand at once: one is read and one is written while others are upscaled. */
const slots = 2 + sideBySide;

/** Weight of a picture whose size is not known yet, in megapixels. */
const unknownWeight = 2;

export function upscaleKind(options: UpscaleKindOptions): JobKind {
  const { upscaler } = options;
  /** Frozen once the job was started; before that, what would be frozen now. */
  const settingsOf = (record: JobRecord): UpscaleSettings => {
    const spec = record.state === 'ready' ? null : (record.spec as UpscaleSpec | null);
    return spec?.settings ?? detailOf(record).override ?? options.settings();
  };

  const targetOf = (record: JobRecord): { width: number; height: number } | null => {
    const { picture } = detailOf(record);
    return picture ? upscaler.targetSize(picture, settingsOf(record)) : null;
  };

  /** What a picture that waits was started with, where it would be started with something else now. */
  const frozenOf = (record: JobRecord): UpscaleSettings | null => {
    const spec = record.spec as UpscaleSpec | null;
    if (!spec || !waitsForTurn(record)) return null;
    const now = detailOf(record).override ?? options.settings();
    // The seed was drawn, not chosen.
    const seed = now.diffusion.seed ?? spec.settings.diffusion.seed;
    const same = { ...now, diffusion: { ...now.diffusion, seed } };
    return isDeepStrictEqual(same, spec.settings) ? null : spec.settings;
  };

  const destinationOf = (record: JobRecord): string | null => {
    const folder = settingsOf(record).folder === null ? options.usualFolder(inputOf(record).path) : null;
    return folder && forPeople(folder);
  };

  return {
    name: 'upscale',
    slots,

    describe(record): Partial<Job> {
      const { picture, override, variant } = detailOf(record);
      return {
        upscale: {
          location: forPeople(dirname(inputOf(record).path)),
          destination: destinationOf(record),
          picture,
          override,
          frozen: frozenOf(record),
          variant: variant ?? null,
          target: targetOf(record),
          result: summarize(resultOf(record), record),
        },
      };
    },

    weigh(record) {
      const target = targetOf(record);
      return target ? (target.width * target.height) / 1e6 : unknownWeight;
    },

    freeze(record): UpscaleSpec {
      const { path, relativeFolder } = inputOf(record);
      const settings = detailOf(record).override ?? options.settings();
      const chosen = settings.folder === null ? null : options.pathOfHandle(settings.folder);
      return {
        inputPath: path,
        outputFolder: chosen ?? options.usualFolder(path) ?? dirname(path),
        // Beside its source a result needs no folder of its own.
        relativeFolder: chosen === null ? '' : relativeFolder,
        // Drawn now, so that the receipt tells it and a run that was interrupted goes on with it.
        settings: {
          ...settings,
          diffusion: { ...settings.diffusion, seed: settings.diffusion.seed ?? randomInt(2 ** 32) },
        },
      };
    },

    run(record, context) {
      return upscaler.run(record.spec as UpscaleSpec, {
        jobId: record.id,
        signal: context.signal,
        waitWhilePaused: context.waitWhilePaused,
        report: context.report,
        onTile: () => {
          const send = options.onTile(record.id);
          return send && ((tile) => send({ ...tile, jobId: record.id }));
        },
        beforeCommit: async (pending) => context.setPending(pending),
        notice: options.notice,
      });
    },

    async recover(record): Promise<UpscaleResult | undefined> {
      const pending = record.pending as PendingCommit | null;
      const outcome = pending && (await recoverCommit(pending, record.id));
      if (record.spec !== null) await upscaler.removeLeftovers(record.spec as UpscaleSpec, record.id);
      return pending && outcome === 'done'
        ? { outputPath: pending.target, receipt: pending.receipt }
        : undefined;
    },
  };
}

type ResultSummary = NonNullable<NonNullable<Job['upscale']>['result']>;

function summarize(result: UpscaleResult | null, record: JobRecord): ResultSummary | null {
  if (result === null) return null;
  const { receipt, outputPath } = result;
  return {
    name: basename(outputPath),
    location: forPeople(dirname(outputPath)),
    width: receipt.output.width,
    height: receipt.output.height,
    bytes: receipt.output.bytes,
    duration: (record.finishedAt ?? 0) - (record.startedAt ?? 0),
    device: receipt.device.fullName,
    model: receipt.model.id,
    losses: receipt.losses.length,
  };
}
