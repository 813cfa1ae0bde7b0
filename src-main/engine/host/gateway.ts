import {
  type EventName,
  type EventPayload,
  events,
  type MethodInput,
  type MethodName,
  methods,
} from '../../contract/methods.ts';
import { type Carrier, type Handlers, type ServedConnection, serve } from '../../contract/wire.ts';
import type { Supervisor } from './supervisor.ts';

type ShellMethod = Extract<MethodName, `shell.${string}`>;

/** What the surroundings of a page answer by themselves. */
export type ShellHandlers = Pick<Handlers, ShellMethod>;

export interface Gateway {
  /** Serves one page. The connection ends with its carrier. */
  attach(carrier: Carrier): ServedConnection;
  /** Tells every page. */
  emit<Name extends EventName>(name: Name, payload: EventPayload<Name>): void;
}

/**
 * Stands between pages and the engine: takes each page's requests, parsed and limited to what windows may ask,
 * answers `shell.*` itself, passes the rest to whichever engine is alive, and hands the engine's events to all pages.
 */
export function createGateway(supervisor: Supervisor, shell: ShellHandlers): Gateway {
  const connections = new Set<ServedConnection>();

  const forwarded = Object.fromEntries(
    (Object.keys(methods) as MethodName[])
      .filter((name) => methods[name].audience === 'window' && !name.startsWith('shell.'))
      .map((name) => [
        name,
        async (input: MethodInput<typeof name>) => (await supervisor.client()).call(name, input as never),
      ]),
  ) as Handlers;
  const handlers: Handlers = { ...forwarded, ...shell };

  const emit: Gateway['emit'] = (name, payload) => {
    for (const connection of connections) connection.emit(name, payload);
  };

  supervisor.onReady((client) => {
    for (const name of Object.keys(events) as EventName[]) {
      client.on(name, (payload) => emit(name, payload as never));
    }
  });
  supervisor.onState((state) => emit('engine.state', state));

  return {
    attach(carrier) {
      const connection = serve(carrier, handlers, 'window');
      connections.add(connection);
      carrier.onClose(() => connections.delete(connection));
      connection.emit('engine.state', supervisor.state);
      return connection;
    },
    emit,
  };
}
