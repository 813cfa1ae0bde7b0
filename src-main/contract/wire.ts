import { createBirpc } from 'birpc';
import { type ErrorValue, RefineryError, toErrorValue } from './errors.ts';
import {
  type Audience,
  type EventName,
  type EventPayload,
  events,
  type MethodInput,
  type MethodName,
  type MethodOutput,
  type MethodRequest,
  methods,
} from './methods.ts';

/**
 * Anything that carries text messages both ways, in order: a child process's channel, Electron's IPC, a
 * WebSocket, two arrays in memory.
 */
export interface Carrier {
  /** Throws or drops when the other side is gone; `onClose` tells. */
  send(message: string): void;
  onMessage(listener: (message: string) => void): () => void;
  onClose(listener: (reason: string) => void): () => void;
  close(reason?: string): void;
}

/** Longest message, in UTF-16 code units. Pictures never travel as messages, so this is roomy. */
export const messageLimit = 24 * 1024 * 1024;

/** How long an unanswered request waits, in milliseconds; not one for a method that lasts, which ends with its connection. */
export const requestTimeout = 120_000;

type Answer = { ok: true; value: unknown } | { ok: false; error: ErrorValue };

interface ServerFunctions {
  call(name: string, input: unknown): Promise<Answer>;
}

interface ClientFunctions {
  event(name: string, payload: unknown): void;
}

/** What a program holds to talk to the engine, whatever lies between. */
export interface EngineClient {
  /** @throws {RefineryError} whatever the engine answered, `PAYLOAD_TOO_LARGE`, `ENGINE_GONE` or `TIMEOUT`. */
  call<Name extends MethodName>(name: Name, input: MethodInput<Name>): Promise<MethodOutput<Name>>;
  on<Name extends EventName>(name: Name, listener: (payload: EventPayload<Name>) => void): () => void;
  onClose(listener: (reason: string) => void): () => void;
  close(): void;
}

export type Handlers = {
  readonly [Name in MethodName]?: (
    input: MethodRequest<Name>,
  ) => MethodOutput<Name> | Promise<MethodOutput<Name>>;
};

export interface ServedConnection {
  emit<Name extends EventName>(name: Name, payload: EventPayload<Name>): void;
  close(reason?: string): void;
}

function tooLarge(length: number): RefineryError {
  const megabytes = (value: number): string => `${Math.round(value / 1024 / 1024)} MB`;
  return new RefineryError(
    'PAYLOAD_TOO_LARGE',
    `A message of ${megabytes(length)} is over the limit of ${megabytes(messageLimit)}.`,
    { hint: 'Add fewer files at a time, or add the folder that holds them.' },
  );
}

function parseMessage(text: string): unknown {
  if (text.length > messageLimit) throw tooLarge(text.length);
  const message: unknown = JSON.parse(text);
  if (typeof message !== 'object' || message === null || !('t' in message)) {
    throw new RefineryError('BAD_REQUEST', 'A message did not have the form that the protocol asks for.');
  }
  return message;
}

function stringify(message: unknown): string {
  const text = JSON.stringify(message);
  if (text.length > messageLimit) throw tooLarge(text.length);
  return text;
}

/** @throws {RefineryError} `TIMEOUT` */
async function inTime<Result>(asked: Promise<Result>, name: string, limit: number): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const hint = 'It may be busy starting; try again in a moment.';
      reject(new RefineryError('TIMEOUT', `The engine did not answer ${name} in time.`, { hint }));
    }, limit);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The calling side of a carrier. Answers and events are checked against the contract before they are handed on.
 *
 * @param timeLimit milliseconds.
 */
export function connectClient(carrier: Carrier, timeLimit = requestTimeout): EngineClient {
  const listeners = new Map<string, Set<(payload: never) => void>>();
  let closed: RefineryError | undefined;

  const rpc = createBirpc<ServerFunctions, ClientFunctions, false>(
    {
      event(name, payload) {
        const schema = Object.hasOwn(events, name) ? events[name as EventName] : undefined;
        const parsed = schema?.safeParse(payload);
        if (!parsed?.success) return;
        for (const listener of listeners.get(name) ?? []) listener(parsed.data as never);
      },
    },
    {
      proxify: false,
      post: (text: string) => carrier.send(text),
      on: (handle) => {
        carrier.onMessage(handle);
      },
      serialize: stringify,
      deserialize: parseMessage,
      // By method: see below.
      timeout: -1,
      onGeneralError(error, functionName) {
        // An answer that can't be read belongs to no request that could be told; requests reject by themselves.
        return functionName === undefined && !(error instanceof RefineryError);
      },
    },
  );

  carrier.onClose((reason) => {
    closed = new RefineryError('ENGINE_GONE', `The connection to the engine ended: ${reason}.`, {
      hint: 'It is started again by itself; the queue goes on where it was.',
    });
    rpc.$close(closed);
  });

  return {
    async call(name, input) {
      if (closed) throw closed;
      const asked = rpc.$call('call', name, input);
      const lasts = Object.hasOwn(methods, name) && methods[name].lasts;
      const answer = await (lasts ? asked : inTime(asked, name, timeLimit));
      if (!answer.ok) throw RefineryError.fromValue(answer.error);
      const parsed = methods[name].output.safeParse(answer.value);
      if (!parsed.success) {
        throw new RefineryError('ENGINE_MISMATCH', `The engine's answer to ${name} has an unknown form.`, {
          hint: 'Window and engine are of different versions; start Refinery again.',
          details: parsed.error.message,
        });
      }
      return parsed.data as MethodOutput<typeof name>;
    },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set);
      set.add(listener as (payload: never) => void);
      return () => set.delete(listener as (payload: never) => void);
    },
    onClose: (listener) => carrier.onClose(listener),
    close() {
      closed ??= new RefineryError('ENGINE_GONE', 'The connection was closed.');
      rpc.$close(closed);
      carrier.close();
    },
  };
}

/**
 * The answering side of a carrier. Every input is parsed before a handler sees it; a caller below the method's
 * audience is refused; nothing that a handler throws gets out untyped.
 */
export function serve(carrier: Carrier, handlers: Handlers, audience: Audience): ServedConnection {
  async function answer(name: unknown, input: unknown): Promise<Answer> {
    try {
      if (typeof name !== 'string' || !Object.hasOwn(methods, name)) {
        throw new RefineryError('BAD_REQUEST', `There is no method "${String(name)}".`);
      }
      const definition = methods[name as MethodName];
      if (definition.audience === 'host' && audience !== 'host') {
        throw new RefineryError('FORBIDDEN', `${name} is not for windows.`);
      }
      const handler = handlers[name as MethodName] as ((input: unknown) => unknown) | undefined;
      if (!handler) throw new RefineryError('BAD_REQUEST', `${name} is not available here.`);
      const parsed = definition.input.safeParse(input);
      if (!parsed.success) {
        throw new RefineryError('BAD_REQUEST', `The request ${name} has a wrong form.`, {
          details: parsed.error.message,
        });
      }
      const value = await handler(parsed.data);
      const text = JSON.stringify(value);
      if (text !== undefined && text.length > messageLimit) throw tooLarge(text.length);
      return { ok: true, value };
    } catch (thrown) {
      return { ok: false, error: toErrorValue(thrown) };
    }
  }

  const rpc = createBirpc<ClientFunctions, ServerFunctions, false>(
    { call: answer },
    {
      proxify: false,
      post: (text: string) => carrier.send(text),
      on: (handle) => {
        carrier.onMessage(handle);
      },
      serialize: stringify,
      deserialize: parseMessage,
      onGeneralError(error) {
        // A peer that sends what can't be read, or too much of it, is not talked to any further.
        carrier.close(error instanceof RefineryError ? error.code : 'unreadable message');
        return true;
      },
    },
  );
  carrier.onClose(() => rpc.$close());

  return {
    emit(name, payload) {
      if (rpc.$closed) return;
      void rpc.$callEvent('event', name, payload).catch(() => undefined);
    },
    close(reason) {
      rpc.$close();
      carrier.close(reason);
    },
  };
}
