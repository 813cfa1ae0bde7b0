import { AdmitResult, type Bridge } from '../../src-main/contract/index.ts';
import { placeOf } from './files.ts';

/** Waits between two tries to reach the server again, in milliseconds. */
const retryWaits = [500, 1_000, 2_000, 5_000];

/**
 * The bridge of web mode: messages over a WebSocket of the page's own origin, files by upload. When the server goes
 * away the page waits for it and then loads anew, since everything it shows lives there.
 */
export function webBridge(): Bridge {
  const messages = new Set<(message: string) => void>();
  const closes = new Set<(reason: string) => void>();
  const waiting: string[] = [];
  const address = new URL('/socket', window.location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(address);
  socket.addEventListener('open', () => {
    for (const message of waiting.splice(0)) socket.send(message);
  });
  socket.addEventListener('message', ({ data }) => {
    for (const listener of messages) listener(String(data));
  });
  socket.addEventListener('close', () => {
    for (const listener of closes) listener('the server is gone');
    void reloadWhenBack();
  });
  return {
    kind: 'web',
    send(message) {
      if (socket.readyState === WebSocket.CONNECTING) waiting.push(message);
      else if (socket.readyState === WebSocket.OPEN) socket.send(message);
    },
    onMessage(listener) {
      messages.add(listener);
      return () => messages.delete(listener);
    },
    onClose(listener) {
      closes.add(listener);
      return () => closes.delete(listener);
    },
    async admit(files) {
      const result: AdmitResult = { handles: [], refused: [] };
      const batch = crypto.randomUUID();
      const known = new Set<string>();
      for (const file of files.filter((one) => !isHidden(one))) {
        const answer = await upload(file, batch);
        // All files of a folder are answered with the folder.
        result.handles.push(...answer.handles.filter(({ id }) => !known.has(id)));
        result.refused.push(...answer.refused);
        for (const { id } of answer.handles) known.add(id);
      }
      return result;
    },
    mediaUrl: ({ jobId, variant }) => `/media/${encodeURIComponent(jobId)}/${encodeURIComponent(variant)}`,
  };
}

/** A folder that is chosen brings what the system put into it, too. */
const isHidden = (file: File): boolean => placeOf(file).includes('/') && /(^|\/)\./.test(placeOf(file));

/** Files of one batch lie in one folder, as they lay before: an IR's two belong together, a set's pictures in its folders. */
async function upload(file: File, batch: string): Promise<AdmitResult> {
  try {
    const response = await fetch(`/upload?batch=${batch}&name=${encodeURIComponent(placeOf(file))}`, {
      method: 'POST',
      body: file,
    });
    if (response.ok) return AdmitResult.parse(await response.json());
    const { message } = (await response.json()) as { message?: string };
    return { handles: [], refused: [{ name: file.name, reason: message ?? `The server refused it.` }] };
  } catch {
    return { handles: [], refused: [{ name: file.name, reason: 'It could not be sent to the server.' }] };
  }
}

async function reloadWhenBack(): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const wait = retryWaits[Math.min(attempt, retryWaits.length - 1)];
    await new Promise((resolve) => setTimeout(resolve, wait));
    const answer = await fetch('/', { method: 'HEAD' }).catch(() => undefined);
    if (answer?.ok) window.location.reload();
  }
}
