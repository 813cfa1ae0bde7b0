import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import sharp from 'sharp';
import { RefineryError } from '../../contract/errors.ts';
import type { MediaFile } from '../../contract/files.ts';
import type { ModelEntry } from '../../contract/models.ts';
import { targetSize } from '../../contract/scale.ts';
import {
  type OutputCheck,
  type PictureInfo,
  Receipt,
  type TilePreview,
  type UpscaleResult,
  type UpscaleSettings,
  type UpscaleSpec,
  type UpscaleStage,
} from '../../contract/upscale.ts';
import { checkSize, encode, planTarget, unheldGreyProfile } from '../imaging/encode.ts';
import { targetError } from '../imaging/errors.ts';
import { addDensity } from '../imaging/jfif.ts';
import { comparePlan, planMetadata } from '../imaging/metadata.ts';
import { appendChunks } from '../imaging/png-chunks.ts';
import { display, thumbnail } from '../imaging/preview.ts';
import { checkLimit, decode, readBlocks, readHeader } from '../imaging/source.ts';
import { addTiffBlocks } from '../imaging/tiff-blocks.ts';
import { removeQuietly, removeTemporaries, temporaryPath } from '../io/atomic.ts';
import { makeFolder } from '../io/folders.ts';
import { hashFile } from '../io/hash.ts';
import type { PixelDepth } from '../models/ir/wrap.ts';
import { checkOutput } from './checks.ts';
import type { Enlarged } from './enlarge.ts';
import { createEnlargers, type Enlarger, type ResolvedModel } from './enlargers.ts';
import { losses } from './losses.ts';
import { type PendingCommit, publishResult, ResultNames } from './publish.ts';
import { untilCancelled } from './until-cancelled.ts';
import { checkSpace, RowFiles, removeOrphans, removeStale } from './work-folder.ts';

export { sideBySide } from './enlargers.ts';
export { type PendingCommit, recoverCommit } from './publish.ts';

/** What the upscaler needs to know of networks. */
export interface NetworkCatalogue {
  resolve(id: string, picture: { lossy: boolean }): Promise<ResolvedModel & { reason: string }>;
}

export interface UpscalerOptions {
  readonly openvino: () => Promise<NodeAddon>;
  readonly runtime: () => Promise<{ implementation: string; version: string }>;
  readonly catalogue: NetworkCatalogue;
  readonly cacheDir: string;
  readonly appVersion: string;
  /** Threads for inference; 0 leaves it to OpenVINO. */
  readonly threads: () => number;
  readonly memoryBudgetBytes: () => number;
  /** Paths of all pictures that are to be enlarged, or were: no result replaces one of them. */
  readonly sources: () => Iterable<string>;
}

export interface UpscaleContext {
  readonly jobId: string;
  readonly signal: AbortSignal;
  waitWhilePaused(): Promise<void>;
  report(progress: { stage: UpscaleStage; fraction: number; rate?: { value: number; unit: string } }): void;
  /** Where finished tiles go, while somebody watches. */
  onTile(): ((tile: Omit<TilePreview, 'jobId'>) => void) | undefined;
  /** Journals a checked result that is about to get its name. */
  beforeCommit(pending: PendingCommit): Promise<void>;
  notice(message: string): void;
}

interface RunContext extends UpscaleContext {
  /** The result is about to get its name: from here on it is not cancelled any more. @throws what it was cancelled with. */
  beforePublishing(): void;
}

export interface Upscaler {
  /** Reads a source's header. */
  inspect(path: string): Promise<PictureInfo>;
  targetSize(info: PictureInfo, settings: UpscaleSettings): { width: number; height: number };
  /** Makes one picture, from file to checked file. Several may run at a time. */
  run(spec: UpscaleSpec, context: UpscaleContext): Promise<UpscaleResult>;
  /** Clears up after a run that a crash ended. */
  removeLeftovers(spec: UpscaleSpec, jobId: string): Promise<void>;
  thumbnail(path: string, maximum: number): Promise<Buffer>;
  display(path: string): Promise<MediaFile>;
  /** Waits for what still goes on of runs that were cancelled. */
  dispose(): Promise<void>;
}

/** Shares of a job's time, roughly: what progress shows. */
const shares = { reading: 0.04, upscaling: 0.84, writing: 0.95, checking: 1 } as const;

/** A try that ended with a result that can't be trusted. */
interface Attempt {
  readonly compiled: Enlarger['compiled'];
  readonly enlarged: Enlarged;
  readonly checks: OutputCheck[];
  readonly timing: { inference: number; encode: number; check: number };
}

export function createUpscaler(options: UpscalerOptions): Upscaler {
  // libvips' threads would take the cores from inference; pictures are read and written side by side anyway.
  sharp.concurrency(1);
  const enlargers = createEnlargers(options);
  const names = new ResultNames(options.sources);
  const work = join(options.cacheDir, 'work');
  /** Other upscalers have folders of their own, in this process, too. */
  const own = join(work, `${process.pid}-${randomBytes(3).toString('hex')}`);
  const rowFiles = new RowFiles(`${own}-rows`);
  const cleared = new Set<string>();
  /** Runs of which a part may still go on after they were cancelled. */
  const ending = new Set<Promise<unknown>>();
  let runs = 0;
  let busy = 0;
  void removeOrphans(work);

  function run(spec: UpscaleSpec, context: UpscaleContext): Promise<UpscaleResult> {
    let publishing = false;
    const whole = inFolder(spec, {
      ...context,
      report: (progress) => {
        if (!context.signal.aborted) context.report(progress);
      },
      beforePublishing() {
        context.signal.throwIfAborted();
        publishing = true;
      },
    });
    ending.add(whole);
    void Promise.allSettled([whole]).then(() => ending.delete(whole));
    return untilCancelled(whole, context.signal, () => publishing);
  }

  async function inFolder(spec: UpscaleSpec, context: RunContext): Promise<UpscaleResult> {
    runs += 1;
    busy += 1;
    const folder = `${own}-${runs}`;
    try {
      await makeFolder(folder).catch((cause: unknown) => {
        throw new RefineryError(
          'OUTPUT_NOT_WRITABLE',
          `Nothing can be written to ${work}, where rows wait to be encoded.`,
          {
            hint: 'Change its permissions, or put the cache elsewhere with REFINERY_CACHE_DIR.',
            cause,
          },
        );
      });
      return await make(spec, context, folder);
    } catch (thrown) {
      if (context.signal.aborted) throw context.signal.reason;
      // What sharp says of a full disk is a sentence, not a code.
      const message = thrown instanceof Error ? thrown.message : '';
      if (!(thrown instanceof RefineryError) && /no space|ENOSPC|EDQUOT/i.test(message)) {
        throw targetError(spec.outputFolder, thrown);
      }
      throw thrown;
    } finally {
      busy -= 1;
      await rm(folder, { recursive: true, force: true });
      if (busy === 0) {
        enlargers.rest();
        await rowFiles.clear();
      }
    }
  }

  async function make(spec: UpscaleSpec, context: RunContext, folder: string): Promise<UpscaleResult> {
    const { inputPath } = spec;
    const started = performance.now();
    const startedAt = new Date().toISOString();
    context.report({ stage: 'reading', fraction: 0 });
    const inputHash = hashFile(inputPath).catch(() => '');
    const { info, metadata } = await readHeader(inputPath);
    checkLimit(inputPath, info, spec.settings.allowHuge);
    const target = planTarget(info, spec.settings, extname(inputPath));
    const size = targetSize(info, spec.settings);
    checkSize(target.format, size.width, size.height);
    const model = await options.catalogue.resolve(spec.settings.model, info);
    const settings = settingsFor(model.entry, spec.settings);
    const kind = model.entry.interface;
    const depth: PixelDepth = info.depth === 8 ? 8 : 16;
    const rows = join(folder, 'result.v');
    const needed = info.width * info.height * kind.scale ** 2 * (info.alpha ? 4 : 3) * (depth / 8);
    await checkSpace(work, needed - (await rowFiles.take(rows)));

    const outputFolder = join(spec.outputFolder, spec.relativeFolder);
    await makeFolder(outputFolder).catch((error: unknown) => {
      throw targetError(outputFolder, error);
    });
    if (!cleared.has(outputFolder)) await removeStale(outputFolder);
    cleared.add(outputFolder);
    const greyProfile = unheldGreyProfile(info, target.format, metadata.icc);
    const convertsColors = info.channels === 4 || greyProfile !== undefined;
    const pixels = await decode(inputPath, info, folder, greyProfile);
    const decodeTime = performance.now() - started;
    const planned = planMetadata(metadata, settings.metadata, size, target.format, !convertsColors);
    const temporary = temporaryPath(outputFolder, context.jobId, target.extension);
    const resample = size.width !== info.width * kind.scale || size.height !== info.height * kind.scale;

    /** One try on one device: from pixels to a checked temporary file. */
    async function attempt(
      device: string,
      precision: UpscaleSettings['precision'],
      path: string,
    ): Promise<Attempt> {
      const enlarger = await enlargers.open(model, depth, device, precision, busy === 1);
      const { compiled } = enlarger;
      for (const { device: left, reason } of compiled.fallbacks) {
        context.notice(`${left} could not run the network (${reason}); ${compiled.fullName} is used.`);
      }
      const megapixels = (info.width * info.height * kind.scale ** 2) / 1e6;
      if (enlarger.oneAtATime) context.report({ stage: 'waiting', fraction: shares.reading });
      const begun = performance.now();
      const enlarged = await enlarger.enlarge({
        ...context,
        pixels,
        alpha: info.alpha,
        settings,
        rows: path,
        onProgress(done, total) {
          const seconds = (performance.now() - begun) / 1000;
          context.report({
            stage: 'upscaling',
            fraction: shares.reading + (shares.upscaling - shares.reading) * (done / total),
            rate:
              model.entry.task === 'latent-diffusion'
                ? { value: done / seconds, unit: 'steps/s' }
                : { value: (megapixels * done) / total / seconds, unit: 'MP/s' },
          });
        },
      });
      await enlarged.writer.finish(planned.blocks);
      context.signal.throwIfAborted();
      context.report({ stage: 'writing', fraction: shares.upscaling });
      const encoding = performance.now();
      try {
        await encode(path, temporary, target, settings, {
          ...size,
          resample,
          grey: info.channels === 1,
          alpha: info.alpha,
          profileOnly: !planned.blocks.exif && !planned.blocks.xmp && !planned.blocks.iptc,
          density: planned.blocks.density,
        });
        if (target.format === 'jpeg' && planned.blocks.density && !planned.blocks.exif) {
          await addDensity(temporary, planned.blocks.density);
        }
        if (planned.texts.length > 0) await appendChunks(temporary, planned.texts);
        if (target.format === 'tiff' && (planned.blocks.exif || planned.blocks.iptc)) {
          await addTiffBlocks(temporary, planned.blocks);
        }
      } catch (thrown) {
        throw targetError(outputFolder, thrown);
      }
      context.signal.throwIfAborted();
      context.report({ stage: 'checking', fraction: shares.writing });
      const checking = performance.now();
      const checks = await checkOutput({
        source: pixels.readable ?? inputPath,
        result: temporary,
        ...size,
        sourceSide: Math.max(info.width, info.height),
        finite: enlarged.finite,
        agreement:
          settings.quality < 40 ? Math.min(18, model.entry.agreementPsnr) : model.entry.agreementPsnr,
        convertsColors,
      });
      await rowFiles.give(path);
      const timing = {
        inference: enlarged.inference,
        encode: checking - encoding,
        check: performance.now() - checking,
      };
      return { compiled, enlarged, checks, timing };
    }

    try {
      const fallbacks: Array<{ device: string; reason: string }> = [];
      let made = await attempt(settings.device, settings.precision, rows);
      fallbacks.push(...made.compiled.fallbacks);
      if (!passed(made.checks)) {
        const { device, precision } = made.compiled;
        // The surest of all: the processor, in full precision.
        if (device !== 'CPU' || precision !== 'f32') {
          const reason = failures(made.checks);
          context.notice(`${made.compiled.fullName} gave a bad result (${reason}); the CPU makes it anew.`);
          fallbacks.push({ device: `${device} ${precision}`, reason });
          await removeQuietly(temporary);
          made = await attempt('CPU', 'f32', join(folder, 'again.v'));
        }
      }
      if (!passed(made.checks)) {
        throw new RefineryError(
          'OUTPUT_CHECK_FAILED',
          `The result was made but can't be trusted: ${failures(made.checks)}`,
          {
            hint: 'Try another network or device. Nothing was kept.',
          },
        );
      }
      context.beforePublishing();

      const outputHash = await hashFile(temporary);
      const plan = comparePlan(planned, await readBlocks(temporary));
      const publish = {
        jobId: context.jobId,
        temporary,
        folder: outputFolder,
        extension: target.extension,
        inputPath,
        settings,
        parts: {
          name: basename(inputPath, extname(inputPath)),
          scale: size.width / info.width,
          model: model.entry.id,
          ...size,
          date: new Date(),
        },
      };
      const receiptFor = (outputName: string, bytes: number): Receipt =>
        Receipt.parse({
          version: 1,
          kind: 'upscale',
          app: { name: 'Refinery', version: options.appVersion },
          startedAt,
          finishedAt: new Date().toISOString(),
          input: {
            name: basename(inputPath),
            sha256: hashes.input,
            bytes: info.bytes,
            width: info.width,
            height: info.height,
            format: info.format,
            depth: info.depth,
          },
          output: {
            name: outputName,
            sha256: outputHash,
            bytes,
            ...size,
            format: target.format,
            depth: target.depth,
          },
          model: {
            id: model.entry.id,
            name: model.entry.name,
            sha256: model.sha256,
            scale: kind.scale,
            reason: model.reason,
          },
          runtime: hashes.runtime,
          device: {
            requested: settings.device,
            used: made.compiled.device,
            fullName: made.compiled.fullName,
            precision: made.compiled.precision,
            fallbacks,
          },
          settings,
          tiles: made.enlarged.tiles,
          timing: {
            decode: decodeTime,
            ...made.timing,
            total: performance.now() - started,
          },
          metadata: { kept: plan.kept, dropped: plan.dropped },
          losses: [...losses(info, target, plan.dropped, size, kind.scale), ...(made.enlarged.losses ?? [])],
          checks: made.checks,
        });
      const hashes = { input: await inputHash, runtime: await options.runtime() };
      return await publishResult(names, publish, outputHash, receiptFor, context.beforeCommit);
    } finally {
      await pixels.close();
      await removeQuietly(temporary);
    }
  }

  return {
    async inspect(path) {
      return (await readHeader(path)).info;
    },
    targetSize,
    run,
    removeLeftovers: (spec, jobId) => removeTemporaries(join(spec.outputFolder, spec.relativeFolder), jobId),
    thumbnail,
    display: (path) => display(path, options.cacheDir),
    async dispose() {
      await Promise.allSettled(ending);
      enlargers.dispose();
    },
  };
}

/** What was left to the model is filled in, and what doesn't concern it left out, so that the receipt tells what was done. */
function settingsFor(model: ModelEntry, settings: UpscaleSettings): UpscaleSettings {
  const { backProjection, ...diffusion } = settings.diffusion;
  if (model.task !== 'latent-diffusion') return { ...settings, diffusion };
  const asked = !diffusion.likeDiffusers && (model.backProjection ?? false);
  return { ...settings, diffusion: { ...diffusion, backProjection: backProjection ?? asked } };
}

const passed = (checks: readonly OutputCheck[]): boolean => checks.every((check) => check.passed);
const failures = (checks: readonly OutputCheck[]): string =>
  checks
    .filter((check) => !check.passed)
    .map(({ detail }) => detail)
    .join(' ');
