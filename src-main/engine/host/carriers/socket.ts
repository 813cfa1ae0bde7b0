import type { WebSocket } from 'ws';
import { type Carrier, messageLimit } from '../../../contract/wire.ts';
import { carrierOf } from './carrier.ts';

/** For `WebSocketServer` and `WebSocket`: frames beyond this end the connection with code 1009 before they are buffered. */
export const socketPayloadLimit = messageLimit * 3;

/** Either end of a WebSocket, from the `ws` package. */
export function socketCarrier(socket: WebSocket): Carrier {
  return carrierOf({
    send: (message) => {
      if (socket.readyState === socket.OPEN) socket.send(message, () => undefined);
    },
    listen(message, closed) {
      socket.on('message', (data, binary) => {
        if (!binary) message(String(data));
      });
      socket.once('close', (code, reason) => closed(String(reason) || `closed with code ${code}`));
      socket.on('error', () => undefined);
    },
    close: (reason) => socket.close(1000, reason.slice(0, 100)),
  });
}
