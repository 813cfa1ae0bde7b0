import { contextBridge, type IpcRendererEvent, ipcRenderer, webUtils } from 'electron';
import type { AdmitResult, MediaRequest } from '../contract/files.ts';
import type { Bridge } from '../contract/shell.ts';

/** A file that exists only in memory, such as a pasted picture. */
export interface LooseFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Electron before 29 puts the path on the file itself. */
function pathOf(file: File): string {
  return webUtils?.getPathForFile(file) ?? (file as File & { readonly path?: string }).path ?? '';
}

const bridge: Bridge = {
  kind: 'desktop',
  send: (message) => ipcRenderer.send('refinery:message', String(message)),
  onMessage(listener) {
    const receive = (_event: IpcRendererEvent, message: unknown): void => listener(String(message));
    ipcRenderer.on('refinery:message', receive);
    return () => ipcRenderer.removeListener('refinery:message', receive);
  },
  onClose(listener) {
    const receive = (_event: IpcRendererEvent, reason: unknown): void => listener(String(reason));
    ipcRenderer.on('refinery:closed', receive);
    return () => ipcRenderer.removeListener('refinery:closed', receive);
  },
  async admit(files) {
    const paths: string[] = [];
    const loose: LooseFile[] = [];
    for (const file of files) {
      const path = pathOf(file);
      if (path) paths.push(path);
      else loose.push({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
    }
    return (await ipcRenderer.invoke('refinery:admit', paths, loose)) as AdmitResult;
  },
  mediaUrl: ({ jobId, variant }: MediaRequest) =>
    `app://refinery/media/${encodeURIComponent(jobId)}/${encodeURIComponent(variant)}`,
};

contextBridge.exposeInMainWorld('refineryBridge', bridge);
