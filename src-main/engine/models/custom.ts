import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, isAbsolute, join } from 'node:path';
import { RefineryError } from '../../contract/errors.ts';
import type { ImageInterface, ModelEntry, ModelFile } from '../../contract/models.ts';
import { modelFolderFiles, readModelFolder } from '../diffusion/index.ts';
import { exists } from '../io/atomic.ts';
import { hashFile } from '../io/hash.ts';
import { type OnnxFacts, readOnnx } from './onnx.ts';

/** The files that make up a network on disk: an IR's two, or one ONNX. */
export function networkFiles(path: string): string[] {
  return extname(path).toLowerCase() === '.xml' ? [path, path.replace(/\.xml$/i, '.bin')] : [path];
}

/**
 * Looks at a network's files before anything reads them.
 *
 * @throws {RefineryError} `MODEL_NOT_AN_IMAGE_NETWORK`, `MODEL_NOT_INSTALLED`, `MODEL_UNSAFE`.
 */
export async function checkNetworkFiles(path: string): Promise<void> {
  const extension = extname(path).toLowerCase();
  if (extension !== '.xml' && extension !== '.onnx') {
    throw new RefineryError(
      'MODEL_NOT_AN_IMAGE_NETWORK',
      `${basename(path)} is not a network that is read.`,
      {
        hint: 'Choose an OpenVINO IR (.xml with its .bin) or an ONNX file.',
      },
    );
  }
  for (const file of networkFiles(path)) {
    const status = await stat(file).catch(() => undefined);
    if (!status?.isFile()) {
      throw new RefineryError('MODEL_NOT_INSTALLED', `${basename(file)} is missing.`, {
        hint: 'An IR has two files, .xml and .bin; put both into the same folder and choose it again.',
      });
    }
  }
  if (extension === '.onnx') refuseForeignData(basename(path), await readFile(path));
}

/**
 * An ONNX file may keep its weights in other files (onnx.proto, TensorProto.external_data). Only whole files are
 * accepted, and one that points outside its folder is named as such.
 */
function refuseForeignData(name: string, bytes: Buffer): void {
  let facts: OnnxFacts;
  try {
    facts = readOnnx(bytes);
  } catch (cause) {
    throw new RefineryError('MODEL_CORRUPT', `${name} is not an ONNX network, or a damaged one.`, {
      hint: 'The file is damaged or incomplete; copy or download it again.',
      cause,
    });
  }
  if (facts.elsewhere.length === 0) return;
  const isOutside = (file: string): boolean =>
    isAbsolute(file) || /^([A-Za-z]:|[\\/])/.test(file) || file.split(/[\\/]/).includes('..');
  const outside = facts.elsewhere.find(isOutside);
  const location = outside ?? facts.elsewhere.find((file) => file !== '') ?? 'which it does not name';
  throw new RefineryError(
    'MODEL_UNSAFE',
    outside !== undefined
      ? `${name} wants to read a file outside its folder: ${location}`
      : `${name} keeps its weights in another file, ${location}.`,
    { hint: 'Save the network anew as one file, with its weights inside.' },
  );
}

/**
 * What tells a network apart from others: the hash of its only file, or that of its files' hashes, sorted, a line each.
 * All files count, as networks that differ in one of them are different ones.
 */
export function networkHash(files: readonly ModelFile[]): string {
  const hashes = files.map(({ hash }) => hash).sort();
  const [first] = hashes;
  if (hashes.length === 1 && first?.startsWith('sha256:')) return first.slice('sha256:'.length);
  return createHash('sha256').update(hashes.join('\n')).digest('hex');
}

/** Describes a network's files where they lie. */
export async function describeNetwork(path: string): Promise<ModelFile[]> {
  await checkNetworkFiles(path);
  return describe(networkFiles(path).map((source) => ({ source, name: basename(source) })));
}

/** An entry of the catalogue for a network that a person has. */
export function networkEntry(
  path: string,
  files: ModelFile[],
  name: string,
  kind: ImageInterface,
): ModelEntry {
  return entryOf(files, {
    name,
    summary: `Added from ${basename(path)}`,
    task: 'super-resolution',
    interface: kind,
    agreementPsnr: 18,
  });
}

/** Copies a network to where it stays, named by its content, and describes it. */
export async function copyNetwork(
  path: string,
  { folder, name, known }: CopyOptions,
  kind: ImageInterface,
): Promise<ModelEntry> {
  await checkNetworkFiles(path);
  const files = networkFiles(path).map((source) => ({
    source,
    name: `network${extname(source).toLowerCase()}`,
  }));
  const entry = networkEntry(path, await describe(files), name, kind);
  return copyFiles(files, folder, { ...entry, id: knownId(entry, known) });
}

/** Describes the folder of a converted latent diffusion model where it lies. */
export async function describeDiffusion(path: string, name: string): Promise<ModelEntry> {
  const { factor } = await readModelFolder(path);
  const names = [...Object.values(modelFolderFiles), ...(await receiptOf(path))];
  return entryOf(await describe(names.map((file) => ({ source: join(path, file), name: file }))), {
    name,
    summary: `Latent diffusion, added from ${basename(path)}`,
    task: 'latent-diffusion',
    interface: {
      scale: factor,
      layout: 'NCHW',
      channels: 'RGB',
      inputRange: 1,
      outputRange: 1,
      enlargedInput: false,
      cubicCoefficient: -0.5,
      overlap: 0,
      exactTiles: true,
      fixedSize: null,
    },
    agreementPsnr: 10,
  });
}

/** Copies the folder of a converted latent diffusion model. */
export async function copyDiffusion(path: string, { folder, name, known }: CopyOptions): Promise<ModelEntry> {
  const entry = await describeDiffusion(path, name);
  const files = entry.files.map((file) => ({ source: join(path, file.name), name: file.name }));
  return copyFiles(files, folder, { ...entry, id: knownId(entry, known) });
}

/** The proof of its conversion, where the folder has it. */
async function receiptOf(folder: string): Promise<string[]> {
  const receipt = 'conversion.json';
  return (await exists(join(folder, receipt))) ? [receipt] : [];
}

type Description = Pick<ModelEntry, 'name' | 'summary' | 'task' | 'interface' | 'agreementPsnr'>;

interface CopyOptions {
  /** Where networks stay, a folder each. */
  readonly folder: string;
  readonly name: string;
  /** Those that a person added before. */
  readonly known: readonly ModelEntry[];
}

interface Source {
  readonly source: string;
  readonly name: string;
}

function describe(files: readonly Source[]): Promise<ModelFile[]> {
  return Promise.all(
    files.map(async ({ source, name }) => ({
      name,
      bytes: (await stat(source)).size,
      hash: `sha256:${await hashFile(source)}`,
    })),
  );
}

function entryOf(files: ModelFile[], description: Description): ModelEntry {
  const id = `custom-${networkHash(files).slice(0, 12)}`;
  return { ...description, id, source: 'custom', licence: 'As its author says', files };
}

/** The entry among those that were added with just these files, whatever they are named. */
export function sameNetwork(
  files: readonly ModelFile[],
  known: readonly ModelEntry[],
): ModelEntry | undefined {
  const hash = networkHash(files);
  return known.find((entry) => networkHash(entry.files) === hash);
}

/** A network that is there already keeps its id, which once was made of the weights alone. */
const knownId = ({ id, files }: ModelEntry, known: readonly ModelEntry[]): string =>
  sameNetwork(files, known)?.id ?? id;

async function copyFiles(files: readonly Source[], folder: string, entry: ModelEntry): Promise<ModelEntry> {
  const target = join(folder, entry.id);
  await mkdir(target, { recursive: true });
  await Promise.all(
    // A copy that shares its blocks with the source, where the disk can do that.
    files.map(({ source, name }) => copyFile(source, join(target, name), constants.COPYFILE_FICLONE)),
  );
  return entry;
}
