import {
  type Bridge,
  type Carrier,
  connectClient,
  type EngineClient,
} from '../../src-main/contract/index.ts';
import { webBridge } from './web.ts';

declare global {
  interface Window {
    /** Made by the preload of the desktop window. */
    readonly refineryBridge?: Bridge;
  }
}

export interface Connection {
  readonly bridge: Bridge;
  readonly engine: EngineClient;
}

/** Connects to whatever surrounds this page: the desktop's main process, or the web server. */
export function connect(bridge: Bridge = window.refineryBridge ?? webBridge()): Connection {
  const carrier: Carrier = {
    send: (message) => bridge.send(message),
    onMessage: (listener) => bridge.onMessage(listener),
    onClose: (listener) => bridge.onClose(listener),
    close: () => undefined,
  };
  // Everything that a page shows lives in the engine, so that a fresh page is where this one was.
  if (bridge.kind === 'desktop') bridge.onClose(() => window.location.reload());
  return { bridge, engine: connectClient(carrier) };
}
