import { readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RefineryError } from '../../contract/errors.ts';
import type { ConversionChoices, ConversionNeeds, Parity } from '../../contract/models.ts';
import { readModelFolder } from '../diffusion/index.ts';
import { removeQuietly } from '../io/atomic.ts';
import { hashFile } from '../io/hash.ts';
import { checkSpace, type EnvironmentPlan, installEnvironment } from '../python/environment.ts';
import { runProcess } from '../python/process.ts';
import { type EnvironmentOptions, type Extra, planEnvironment } from './environment.ts';
import { type ParityLine, parseScriptLine, type ScriptLine } from './events.ts';
import { checkTarget, makeWorkFolder, publishFolder } from './publish.ts';
import { hashSource, inspectSource, type SourceFile } from './source.ts';

export interface ConversionOptions extends ConversionChoices {
  /** Folder that diffusers' LDMSuperResolutionPipeline was saved to. */
  readonly source: string;
  /** Folder with `convert_ldm.py` and its requirements. */
  readonly scripts: string;
  readonly cacheDir: string;
  /** A Python that has all packages; absent: Refinery's own environment, made where it isn't there. */
  readonly python?: string;
  readonly signal?: AbortSignal;
}

export interface ConvertLdmOptions extends ConversionOptions {
  /** New or empty folder for the converted model. */
  readonly output: string;
  readonly appVersion: string;
  readonly onEvent?: (event: ConversionEvent) => void;
}

export type ConversionEvent =
  /** Told before anything is downloaded or written. */
  | ({ readonly event: 'plan' } & ConversionNeeds)
  /** `fraction` of the conversion alone; 0 while packages are installed. */
  | { readonly event: 'progress'; readonly stage: string; readonly fraction: number }
  | ParityLine;

/** Proof of a conversion, kept as `conversion.json` in the model's folder. Hashes are lower-case hex SHA-256. */
export interface ConversionReceipt {
  readonly version: 1;
  readonly kind: 'convert-model';
  readonly app: { readonly name: string; readonly version: string };
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly settings: ConversionChoices;
  readonly source: ReadonlyArray<SourceFile & { readonly sha256: string }>;
  readonly files: ReadonlyArray<SourceFile & { readonly sha256: string }>;
  readonly versions: Readonly<Record<string, string>>;
  readonly parity: readonly Parity[];
}

/** Part of the source's weights that the result and what is written on the way take, at most. */
const spaceFactor = 3;

/**
 * Converts a latent diffusion model for super-resolution to OpenVINO and compares the result with PyTorch. The folder
 * gets its name only when both agree.
 *
 * @throws {RefineryError} `INPUT_NOT_FOUND`, `MODEL_NOT_INSTALLED`, `MODEL_CORRUPT`, `INPUT_UNSUPPORTED` for the source;
 *   `OUTPUT_EXISTS`, `OUTPUT_NOT_WRITABLE`, `DISK_FULL` for the output; `RUNTIME_NOT_FOUND` without a Python,
 *   `DOWNLOAD_FAILED` without its packages, `RUNTIME_FAILED` when the conversion itself fails, `OUT_OF_MEMORY`,
 *   `OUTPUT_CHECK_FAILED` when the networks disagree, `CANCELLED`.
 */
export async function convertLdm(options: ConvertLdmOptions): Promise<ConversionReceipt> {
  const { source, output, weights, via, signal, onEvent } = options;
  const startedAt = new Date().toISOString();
  const files = await inspectSource(source);
  await checkTarget(output);
  const plan = await planEnvironment(environmentOf(options));
  const weightBytes = written(files);
  onEvent?.({ event: 'plan', ...needsOf(plan, weightBytes) });
  const python = await installEnvironment(plan, signal, (stage) =>
    onEvent?.({ event: 'progress', stage, fraction: 0 }),
  );
  const work = await makeWorkFolder(output);
  try {
    await checkSpace(dirname(work), weightBytes);
    const { parity, versions } = await runScript(python, work, options);
    signal?.throwIfAborted();
    // Read once as every run will read it.
    await readModelFolder(work);
    const receipt: ConversionReceipt = {
      version: 1,
      kind: 'convert-model',
      app: { name: 'Refinery', version: options.appVersion },
      startedAt,
      finishedAt: new Date().toISOString(),
      settings: { weights, via },
      source: await hashSource(source, files),
      files: await describe(work),
      versions,
      parity: parity.map(({ event: _, ...line }) => line),
    };
    await writeFile(join(work, 'conversion.json'), `${JSON.stringify(receipt, null, 2)}\n`);
    await publishFolder(work, output);
    return receipt;
  } finally {
    await removeQuietly(work);
  }
}

/**
 * What converting this checkpoint would download and write, in bytes.
 *
 * @throws {RefineryError} as {@link convertLdm} for its source.
 */
export async function conversionNeeds(options: ConversionOptions): Promise<ConversionNeeds> {
  const files = await inspectSource(options.source);
  return needsOf(await planEnvironment(environmentOf(options)), written(files));
}

function environmentOf(options: ConversionOptions): EnvironmentOptions {
  const extras: Extra[] = [
    ...(options.weights === 'int8' ? ['int8' as const] : []),
    ...(options.via === 'onnx' ? ['onnx' as const] : []),
  ];
  return { ...options, extras };
}

/** Bytes on the disk at the most, the result among them. */
const written = (files: readonly SourceFile[]): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0) * spaceFactor;

const needsOf = (plan: EnvironmentPlan, bytes: number): ConversionNeeds => ({
  download: plan.download * 1e6,
  disk: plan.disk * 1e6 + bytes,
});

async function runScript(
  python: string,
  work: string,
  { source, scripts, weights, via, signal, onEvent }: ConvertLdmOptions,
): Promise<{ parity: ParityLine[]; versions: Record<string, string> }> {
  const parity: ParityLine[] = [];
  let stage = 'starting';
  let end: Extract<ScriptLine, { event: 'done' | 'error' }> | undefined;
  const { code, errors } = await runProcess(
    python,
    [join(scripts, 'convert_ldm.py'), source, work, '--weights', weights, '--via', via],
    {
      env: { PYTHONUTF8: '1', PYTHONDONTWRITEBYTECODE: '1' },
      ...(signal ? { signal } : {}),
      onLine(text) {
        const line = parseScriptLine(text);
        if (line?.event === 'stage') {
          ({ stage } = line);
          onEvent?.({ event: 'progress', stage, fraction: line.fraction });
        } else if (line?.event === 'parity') {
          parity.push(line);
          onEvent?.(line);
        } else if (line) end = line;
      },
    },
  );
  if (code !== 0 || end?.event !== 'done') {
    throw scriptError(stage, code, end?.event === 'error' ? end : undefined, errors);
  }
  const failed = parity.filter(({ passed }) => !passed);
  if (!end.passed || parity.length === 0 || failed.length > 0) {
    throw new RefineryError(
      'OUTPUT_CHECK_FAILED',
      `The converted networks don’t give what PyTorch gives: ${failed.map(describeParity).join('; ') || 'nothing was compared'}.`,
      { hint: 'Convert with weights in fp32. Nothing was kept.' },
    );
  }
  return { parity, versions: end.versions };
}

/** A comparison in words. */
function describeParity({ part, what, maxAbs, relative, limit }: Parity): string {
  const figure = (value: number | null): string => (value === null ? 'not a number' : value.toExponential(1));
  const bound = limit === null ? '' : `, at most ${limit} is accepted`;
  return `${part} ${what}: ${figure(maxAbs)} apart, ${figure(relative)} of the largest value${bound}`;
}

function scriptError(
  stage: string,
  code: number,
  error: { readonly kind: string; readonly message: string } | undefined,
  errors: string,
): RefineryError {
  const details = [error && `${error.kind}: ${error.message}`, errors].filter(Boolean).join('\n');
  if (/MemoryError|not enough memory|can't allocate memory|bad_alloc/i.test(details) || code === 137) {
    return new RefineryError('OUT_OF_MEMORY', 'There is too little memory to convert this model.', {
      hint: 'Close other programs and start again; the released model takes about 6 GB.',
      details,
    });
  }
  if (/No space left/i.test(details)) {
    return new RefineryError('DISK_FULL', 'There is no space left for the converted model.', {
      hint: 'Free some space and start again.',
      details,
    });
  }
  if (/ModuleNotFoundError|ImportError/.test(details)) {
    return new RefineryError('RUNTIME_FAILED', 'The Python that converts lacks a package.', {
      hint: 'Install the requirements of models/convert in it, or leave out REFINERY_CONVERT_PYTHON.',
      details,
    });
  }
  if (stage === 'Reading the networks') {
    return new RefineryError('MODEL_CORRUPT', 'PyTorch can’t read the model’s weights.', {
      hint: 'Download the model again.',
      details,
    });
  }
  return new RefineryError('RUNTIME_FAILED', `The conversion failed at “${stage}”.`, {
    hint: 'Look at the details; the other way, through ONNX or without it, may work.',
    details: details || `exit code ${code}`,
  });
}

async function describe(folder: string): Promise<Array<SourceFile & { sha256: string }>> {
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return { name, bytes: (await stat(path)).size, sha256: await hashFile(path) };
    }),
  );
}
