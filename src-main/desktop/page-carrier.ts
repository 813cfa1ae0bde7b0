import { ipcMain, type WebContents } from 'electron';
import type { Carrier } from '../contract/wire.ts';
import { carrierOf } from '../engine/host/carriers/carrier.ts';
import { isTrustedSender } from './security.ts';

/** The channels that preload and main process share. */
const messageChannel = 'refinery:message';
const closedChannel = 'refinery:closed';

/** The main process's end of a page's channel. The next navigation ends it. */
export function pageCarrier(contents: WebContents): Carrier {
  let stop = (): void => undefined;
  return carrierOf({
    send: (message) => {
      if (!contents.isDestroyed()) contents.send(messageChannel, message);
    },
    listen(message, closed) {
      const receive = (event: Electron.IpcMainEvent, text: unknown): void => {
        if (event.sender === contents && isTrustedSender(event) && typeof text === 'string') message(text);
      };
      const end = (reason: string) => (): void => {
        stop();
        closed(reason);
      };
      const reloaded = end('the page was loaded again');
      const destroyed = end('the window was closed');
      const crashed = end('the page crashed');
      stop = () => {
        ipcMain.off(messageChannel, receive);
        contents.off('did-navigate', reloaded);
        contents.off('destroyed', destroyed);
        contents.off('render-process-gone', crashed);
      };
      ipcMain.on(messageChannel, receive);
      contents.once('did-navigate', reloaded);
      contents.once('destroyed', destroyed);
      contents.once('render-process-gone', crashed);
    },
    close(reason) {
      stop();
      if (!contents.isDestroyed()) contents.send(closedChannel, reason);
    },
  });
}
