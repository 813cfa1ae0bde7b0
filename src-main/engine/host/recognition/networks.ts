import { open } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { modelFolderFiles } from '../../diffusion/index.ts';
import { exists } from '../../io/atomic.ts';
import type { Recognizer } from './recognizer.ts';

/** First bytes of a file, as text. */
export async function headOf(path: string, length = 1024): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return '';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead).toString('latin1');
  } catch {
    return '';
  } finally {
    await file.close();
  }
}

/** An IR begins with its `net`; annotations are XML as well. */
const isIr = async (path: string): Promise<boolean> => /<net[\s>]/.test(await headOf(path));

/** What Ultralytics writes beside an export, and what it says there of the task. */
const hasDescription = async (folder: string): Promise<boolean> =>
  /^task:/m.test(await headOf(join(folder, 'metadata.yaml'), 64 * 1024));

const isXml = (name: string): boolean => /\.xml$/i.test(name);

/** The folder of an original checkpoint, or of one that was converted. */
export const diffusion: Recognizer = {
  kind: 'diffusion',
  async recognize({ path, names }) {
    if (names.includes(modelFolderFiles.config) && names.includes(modelFolderFiles.unet)) return {};
    if (!['unet', 'vqvae', 'scheduler'].every((name) => names.includes(name))) return undefined;
    return (await exists(join(path, 'unet', 'config.json'))) ? {} : undefined;
  },
};

/** The export of a detector: its folder, or the IR in it. */
export const detector: Recognizer = {
  kind: 'detector',
  async recognize({ path, names, handle }) {
    if (handle.kind === 'folder') {
      const [only, another] = names.filter(isXml);
      if (only === undefined || another !== undefined) return undefined;
      return (await hasDescription(path)) && (await isIr(join(path, only))) ? {} : undefined;
    }
    return isXml(path) && (await hasDescription(dirname(path))) && (await isIr(path)) ? {} : undefined;
  },
};

/** An IR's two files, either of them, an ONNX, or a folder with one of them and nothing that is trained. */
export const network: Recognizer = {
  kind: 'network',
  async recognize({ path, names, handle }) {
    if (handle.kind === 'folder') {
      const [only, another] = names.filter((name) => /\.(xml|onnx)$/i.test(name));
      if (only === undefined || another !== undefined) return undefined;
      const inner = join(path, only);
      if (isXml(only) && !(names.includes(only.replace(/\.xml$/i, '.bin')) && (await isIr(inner))))
        return undefined;
      return { path: inner };
    }
    switch (extname(path).toLowerCase()) {
      case '.onnx':
        return {};
      case '.xml':
        return (await isIr(path)) ? {} : undefined;
      case '.bin': {
        const beside = path.replace(/\.bin$/i, '.xml');
        return (await isIr(beside)) ? { path: beside } : undefined;
      }
      default:
        return undefined;
    }
  },
};
