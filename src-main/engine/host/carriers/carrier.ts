import type { Carrier } from '../../../contract/wire.ts';

/** The least that a message channel has: Node's `process` and `ChildProcess`, a MessagePort, a WebSocket. */
export interface MessageSource {
  send(message: string): void;
  /** Calls `message` for each text that comes in, and `closed` once. */
  listen(message: (text: string) => void, closed: (reason: string) => void): void;
  close(reason: string): void;
}

/** Makes a carrier of anything that can send a text and call back. What comes before anybody listens is kept. */
export function carrierOf(source: MessageSource): Carrier {
  const messages = new Set<(message: string) => void>();
  const closes = new Set<(reason: string) => void>();
  let closedFor: string | undefined;
  const closed = (reason: string): void => {
    if (closedFor !== undefined) return;
    closedFor = reason;
    for (const listener of [...closes]) listener(reason);
  };
  let early: string[] = [];
  source.listen((text) => {
    if (closedFor !== undefined) return;
    if (messages.size === 0) early.push(text);
    for (const listener of [...messages]) listener(text);
  }, closed);
  return {
    send(message) {
      if (closedFor === undefined) source.send(message);
    },
    onMessage(listener) {
      messages.add(listener);
      const kept = early;
      early = [];
      if (kept.length > 0) queueMicrotask(() => kept.map(listener));
      return () => messages.delete(listener);
    },
    onClose(listener) {
      if (closedFor !== undefined) {
        const reason = closedFor;
        queueMicrotask(() => listener(reason));
        return () => undefined;
      }
      closes.add(listener);
      return () => closes.delete(listener);
    },
    close(reason = 'closed') {
      if (closedFor === undefined) source.close(reason);
      closed(reason);
    },
  };
}
