import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  type BrowserWindow,
  ClipboardItem,
  clipboard,
  dialog,
  type NativeImage,
  nativeImage,
  type OpenDialogOptions,
  shell,
} from 'electron';
import { RefineryError } from '../contract/errors.ts';
import type { DialogPurpose } from '../contract/shell.ts';
import type { ShellHandlers } from '../engine/host/gateway.ts';
import type { Supervisor } from '../engine/host/supervisor.ts';

const pictures = ['png', 'jpg', 'jpeg', 'webp', 'avif', 'tif', 'tiff', 'gif', 'heif', 'heic'];

const dialogs: Record<DialogPurpose, OpenDialogOptions> = {
  pictures: {
    title: 'Add pictures',
    properties: ['openFile', 'multiSelections'],
    filters: [
      { name: 'Pictures', extensions: pictures },
      { name: 'All files', extensions: ['*'] },
    ],
  },
  folder: { title: 'Add a folder of pictures', properties: ['openDirectory', 'multiSelections'] },
  model: {
    title: 'Choose a network',
    properties: ['openFile'],
    filters: [{ name: 'OpenVINO IR or ONNX', extensions: ['xml', 'onnx'] }],
  },
  modelFolder: { title: 'Choose the folder of a diffusion model', properties: ['openDirectory'] },
  runFolder: { title: 'Choose the output folder of a training', properties: ['openDirectory'] },
  measured: {
    title: 'Choose models, and examples for their accuracy',
    properties: ['openFile', 'multiSelections'],
    filters: [{ name: 'Models and examples', extensions: ['xml', 'onnx', 'tsv', 'csv', 'jsonl'] }],
  },
  configuration: {
    title: 'Open a configuration',
    properties: ['openFile'],
    filters: [{ name: 'NNCF or OVConfig', extensions: ['json'] }],
  },
  modelLayers: {
    title: 'Choose what names the layers',
    properties: ['openFile'],
    filters: [
      { name: 'config.json, IR, table or NNCF log', extensions: ['json', 'xml', 'csv', 'log', 'txt'] },
    ],
  },
  trainingScript: {
    title: 'Choose a training script',
    properties: ['openFile'],
    filters: [{ name: 'Python', extensions: ['py'] }],
  },
  pythonFolder: {
    title: 'Choose the folder of a Python environment',
    // Environments often lie in hidden folders.
    properties: ['openDirectory', 'showHiddenFiles'],
  },
  datasetFolder: { title: 'Open a dataset', properties: ['openDirectory'] },
  detectorFolder: { title: 'Choose the folder of an exported detector', properties: ['openDirectory'] },
  outputFolder: { title: 'Choose where results go', properties: ['openDirectory', 'createDirectory'] },
  runtimeFolder: { title: 'Choose the folder of an OpenVINO runtime', properties: ['openDirectory'] },
};

async function writeImage(image: NativeImage): Promise<void> {
  // Electron before 45 has a call of its own instead of clipboard items.
  const older = clipboard as { writeImage?: (image: NativeImage) => void };
  if (older.writeImage) older.writeImage(image);
  else {
    const png = new Blob([new Uint8Array(image.toPNG())], { type: 'image/png' });
    await clipboard.write([new ClipboardItem({ 'image/png': png })]);
  }
}

/**
 * The desktop's side of the contract: dialogs, the file manager, the clipboard, dragging out.
 *
 * @param onListening called when the page asks what surrounds it, which it does when it can take events.
 */
export function desktopShell(
  supervisor: Supervisor,
  window: () => BrowserWindow | undefined,
  onListening: () => void,
): ShellHandlers {
  /** @throws {RefineryError} `INPUT_NOT_FOUND` where the result is gone: the system would do nothing, or anything. */
  async function outputPath(id: string): Promise<string> {
    const { path } = await (await supervisor.client()).call('jobs.outputPath', { id });
    await access(path).catch(() => {
      throw new RefineryError('INPUT_NOT_FOUND', `${basename(path)} is not there any more.`, {
        hint: 'It was moved, renamed or deleted. Upscale the picture again to get it back.',
      });
    });
    return path;
  }

  /** The result as a picture the system can take: itself, or the copy that the window shows. */
  async function outputImage(id: string): Promise<NativeImage> {
    const own = nativeImage.createFromPath(await outputPath(id));
    if (!own.isEmpty()) return own;
    const shown = await (await supervisor.client()).call('media.open', { jobId: id, variant: 'output' });
    return nativeImage.createFromPath(shown.path);
  }

  return {
    'shell.info': () => {
      onListening();
      return { kind: 'desktop', platform: process.platform, native: true, allowedFolders: [] };
    },

    async 'shell.openDialog'({ purpose }) {
      const parent = window();
      const chosen = parent
        ? await dialog.showOpenDialog(parent, dialogs[purpose])
        : await dialog.showOpenDialog(dialogs[purpose]);
      if (chosen.canceled) return { handles: [], refused: [] };
      return (await supervisor.client()).call('files.admit', { paths: chosen.filePaths });
    },

    async 'shell.showResult'({ id }) {
      shell.showItemInFolder(await outputPath(id));
      return {};
    },

    async 'shell.showFolder'({ handle }) {
      const { path } = await (await supervisor.client()).call('files.resolve', { id: handle });
      const problem = await shell.openPath(path);
      if (problem) throw new RefineryError('INPUT_UNREADABLE', `The folder could not be opened: ${problem}`);
      return {};
    },

    async 'shell.openResult'({ id }) {
      const problem = await shell.openPath(await outputPath(id));
      if (problem) {
        throw new RefineryError('INPUT_UNREADABLE', `The system could not open the result: ${problem}`, {
          hint: 'Show it in its folder and open it from there.',
        });
      }
      return {};
    },

    async 'shell.copyImage'({ id }) {
      const image = await outputImage(id);
      if (image.isEmpty()) {
        throw new RefineryError('INPUT_UNSUPPORTED', 'The clipboard does not take this picture format.', {
          hint: 'Open the result and copy it from there.',
        });
      }
      await writeImage(image);
      return {};
    },

    async 'shell.dragResult'({ id }) {
      const parent = window();
      if (!parent) return {};
      const file = await outputPath(id);
      const shown = await (await supervisor.client()).call('media.open', { jobId: id, variant: 'thumbnail' });
      const icon = nativeImage.createFromPath(shown.path);
      parent.webContents.startDrag({
        file,
        icon: icon.isEmpty() ? nativeImage.createFromPath(file).resize({ width: 96 }) : icon,
      });
      return {};
    },
  };
}
