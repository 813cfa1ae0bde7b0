import { constants } from 'node:fs';
import { copyFile, mkdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, isAbsolute, join } from 'node:path';
import { RefineryError } from '../../contract/errors.ts';
import type { ImageInterface, ModelEntry } from '../../contract/models.ts';
import { modelFolderFiles, readModelFolder } from '../diffusion/index.ts';
import { exists } from '../io/atomic.ts';
import { hashFile } from '../io/hash.ts';

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
 * An ONNX file may keep its weights in other files. A field named "location" tells where (onnx.proto,
 * TensorProto.external_data); only whole files are accepted, and one that points outside its folder is named as such.
 */
function refuseForeignData(name: string, bytes: Buffer): void {
  const key = Buffer.from('\n\blocation\x12', 'latin1');
  const at = bytes.indexOf(key);
  if (at < 0) return;
  const length = bytes[at + key.length] ?? 0;
  const location = bytes.toString('utf8', at + key.length + 1, at + key.length + 1 + length);
  const outside =
    isAbsolute(location) || /^[A-Za-z]:/.test(location) || location.split(/[\\/]/).includes('..');
  throw new RefineryError(
    'MODEL_UNSAFE',
    outside
      ? `${name} wants to read a file outside its folder: ${location}`
      : `${name} keeps its weights in another file, ${location}.`,
    { hint: 'Save the network anew as one file, with its weights inside.' },
  );
}

/** Copies a network to where it stays, named by its content, and describes it. */
export async function copyNetwork(
  path: string,
  folder: string,
  name: string,
  kind: ImageInterface,
): Promise<ModelEntry> {
  await checkNetworkFiles(path);
  const sources = networkFiles(path);
  const stem = `network${extname(path).toLowerCase()}`;
  const names = sources.length === 2 ? ['network.xml', 'network.bin'] : [stem];
  return copyFiles(
    sources.map((source, index) => ({ source, name: names[index]! })),
    folder,
    {
      name,
      summary: `Added from ${basename(path)}`,
      task: 'super-resolution',
      interface: kind,
      agreementPsnr: 18,
    },
  );
}

/** Copies the folder of a converted latent diffusion model. */
export async function copyDiffusion(path: string, folder: string, name: string): Promise<ModelEntry> {
  const { factor } = await readModelFolder(path);
  const names = [...Object.values(modelFolderFiles), ...(await receiptOf(path))];
  return copyFiles(
    // The largest last: its hash tells models apart.
    [...names.filter((file) => file !== modelFolderFiles.unetWeights), modelFolderFiles.unetWeights].map(
      (file) => ({ source: join(path, file), name: file }),
    ),
    folder,
    {
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
        fixedSize: null,
      },
      agreementPsnr: 10,
    },
  );
}

/** The proof of its conversion, where the folder has it. */
async function receiptOf(folder: string): Promise<string[]> {
  const receipt = 'conversion.json';
  return (await exists(join(folder, receipt))) ? [receipt] : [];
}

type Description = Pick<ModelEntry, 'name' | 'summary' | 'task' | 'interface' | 'agreementPsnr'>;

async function copyFiles(
  files: ReadonlyArray<{ readonly source: string; readonly name: string }>,
  folder: string,
  description: Description,
): Promise<ModelEntry> {
  const known = await Promise.all(
    files.map(async ({ source, name }) => ({
      name,
      bytes: (await stat(source)).size,
      hash: `sha256:${await hashFile(source)}`,
    })),
  );
  // The weights tell networks apart; a single file is its own weights.
  const id = `custom-${known.at(-1)!.hash.slice('sha256:'.length, 'sha256:'.length + 12)}`;
  const target = join(folder, id);
  await mkdir(target, { recursive: true });
  await Promise.all(
    // A copy that shares its blocks with the source, where the disk can do that.
    files.map(({ source, name }) => copyFile(source, join(target, name), constants.COPYFILE_FICLONE)),
  );
  return { ...description, id, source: 'custom', licence: 'As its author says', files: known };
}
