import type { ChildProcess } from 'node:child_process';
import type { Carrier } from '../../../contract/wire.ts';
import { carrierOf } from './carrier.ts';

/** The parent's end of a child process that was started with an `ipc` channel. */
export function childCarrier(child: ChildProcess): Carrier {
  return carrierOf({
    send: (message) => {
      if (child.connected) child.send(message, () => undefined);
    },
    listen(message, closed) {
      child.on('message', (value) => {
        if (typeof value === 'string') message(value);
      });
      child.once('error', (error) => closed(error.message));
      child.once('disconnect', () => closed('the engine closed the connection'));
      child.once('exit', (code, signal) =>
        closed(signal ? `the engine was ended by ${signal}` : `the engine ended with code ${code ?? '?'}`),
      );
    },
    close: () => {
      if (child.connected) child.disconnect();
    },
  });
}

/** The child's end. Closes when the parent is gone, also when it was killed. */
export function parentCarrier(): Carrier {
  return carrierOf({
    send: (message) => {
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    listen(message, closed) {
      process.on('message', (value) => {
        if (typeof value === 'string') message(value);
      });
      process.once('disconnect', () => closed('the window is gone'));
    },
    close: () => {
      if (process.connected) process.disconnect();
    },
  });
}
