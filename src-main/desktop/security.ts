import { app, type IpcMainEvent, type IpcMainInvokeEvent, type Session } from 'electron';

/** The only origin that pages come from. */
export const appOrigin = 'app://refinery';

/** No page leaves the app's origin, opens a window or embeds another. */
export function hardenWebContents(): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event, address) => {
      // A page may load itself anew.
      if (address !== contents.getURL()) event.preventDefault();
    });
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}

/** Our own page may put text on the clipboard. No page is granted anything else. */
export function hardenSession(session: Session): void {
  const grants = (permission: string, address: string): boolean =>
    permission === 'clipboard-sanitized-write' && isOurs(address);
  session.setPermissionRequestHandler((_contents, permission, answer, { requestingUrl }) =>
    answer(grants(permission, requestingUrl)),
  );
  session.setPermissionCheckHandler((_contents, permission, origin) => grants(permission, origin));
  session.setDevicePermissionHandler(() => false);
}

function isOurs(address: string): boolean {
  return address === appOrigin || address.startsWith(`${appOrigin}/`);
}

/** Whether a message comes from the main frame of one of our pages. */
export function isTrustedSender(event: IpcMainEvent | IpcMainInvokeEvent): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame === event.sender.mainFrame && isOurs(frame.url);
}
