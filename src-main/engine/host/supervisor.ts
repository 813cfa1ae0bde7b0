import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type EngineState, protocolVersion } from '../../contract/engine.ts';
import { type ErrorCode, RefineryError } from '../../contract/errors.ts';
import { connectClient, type EngineClient } from '../../contract/wire.ts';
import { childCarrier } from './carriers/process.ts';

export interface SupervisorOptions {
  /** Absolute path of a Node that runs the engine. */
  readonly node: string;
  /** Absolute path of the engine's entry file. */
  readonly entry: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Gets each line that the engine prints. */
  readonly log?: (line: string) => void;
  /** Milliseconds. */
  readonly timing?: Partial<Timing>;
}

interface Timing {
  /** First wait before a restart; doubles up to `longestWait`. */
  readonly firstWait: number;
  readonly longestWait: number;
  /** An engine that lived this long starts the waits over. */
  readonly stableAfter: number;
  readonly heartbeat: number;
  /** An engine that doesn't answer a heartbeat for this long is ended. */
  readonly silence: number;
  /** What a clean end may take. */
  readonly farewell: number;
}

const defaultTiming: Timing = {
  firstWait: 250,
  longestWait: 15_000,
  stableAfter: 30_000,
  heartbeat: 5_000,
  silence: 30_000,
  farewell: 8_000,
};

/**
 * How Node runs the engine. What is read is soon garbage: looked through every four megabytes instead of at each, it costs a
 * tenth less time and no more memory. See also `keepHeapSmall`.
 */
const engineArguments = ['--disable-warning=ExperimentalWarning', '--min-semi-space-size=4'];

/**
 * What the engine needs of its parent's environment. Electron's and npm's own variables change how Node behaves. glibc
 * would give each thread an arena of its own, which keeps what it once held: with two, twenty long trainings take 30 MB
 * less, and pictures no longer.
 */
export function engineEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const unwanted =
    /^(ELECTRON_|NODE_OPTIONS$|NODE_CHANNEL|npm_|CHROME_|GIO_|GTK_|LD_PRELOAD$|APPDIR$|APPIMAGE$)/;
  const kept = Object.fromEntries(Object.entries(environment).filter(([name]) => !unwanted.test(name)));
  return { MALLOC_ARENA_MAX: '2', ...kept };
}

/**
 * Keeps one engine process alive: starts it, shakes hands, listens for its heartbeat, and starts it again, with
 * growing waits, when it dies. Used by the desktop's main process and by the web server alike.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #timing: Timing;
  readonly #stateListeners = new Set<(state: EngineState) => void>();
  readonly #readyListeners = new Set<(client: EngineClient) => void>();
  #state: EngineState = { state: 'starting' };
  #child: ChildProcess | undefined;
  #client: EngineClient | undefined;
  #waiters: Array<{ resolve: (client: EngineClient) => void; reject: (error: unknown) => void }> = [];
  #attempt = 0;
  #restart: NodeJS.Timeout | undefined;
  #stopping = false;
  /** Why it is of no use to start it again. */
  #end: RefineryError | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Process id of the engine that runs now. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  onState(listener: (state: EngineState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /** Called with each engine that became ready, also the one that is ready already. */
  onReady(listener: (client: EngineClient) => void): () => void {
    this.#readyListeners.add(listener);
    if (this.#client) listener(this.#client);
    return () => this.#readyListeners.delete(listener);
  }

  /**
   * The engine of now, or the next one when it is being started.
   *
   * @throws {RefineryError} `ENGINE_GONE` when it was stopped for good, or why it can't be started.
   */
  client(): Promise<EngineClient> {
    if (this.#client) return Promise.resolve(this.#client);
    if (this.#state.state === 'stopped') return Promise.reject(this.#end ?? gone(this.#state.reason));
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }

  start(): void {
    const { node, entry, environment } = this.#options;
    const started = Date.now();
    const child = spawn(node, [...engineArguments, entry], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      windowsHide: true,
    });
    this.#child = child;
    let lastError = '';
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        if (/error/i.test(line)) lastError = line.trim().slice(0, 300);
        this.#options.log?.(line);
      });
    }
    const carrier = childCarrier(child);
    const client = connectClient(carrier);
    let ended = false;
    carrier.onClose((reason) => {
      if (ended) return;
      ended = true;
      stopHeartbeat();
      this.#client = undefined;
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      if (this.#stopping) return;
      if (Date.now() - started >= this.#timing.stableAfter) this.#attempt = 0;
      this.#scheduleRestart(lastError ? `${reason} (${lastError})` : reason);
    });
    const stopHeartbeat = this.#heartbeat(client, child);
    client.call('engine.info', {}).then(
      (info) => {
        if (info.protocol !== protocolVersion) {
          const reason = `it speaks protocol ${info.protocol}, this window ${protocolVersion}`;
          this.#giveUp(gone(reason), reason);
          return;
        }
        this.#client = client;
        this.#setState({ state: 'ready' });
        for (const listener of this.#readyListeners) listener(client);
        for (const { resolve } of this.#waiters.splice(0)) resolve(client);
      },
      (error: unknown) => {
        // Where starting it again is no use; anything else ends the process and comes here again.
        if (error instanceof RefineryError && fatal.has(error.code))
          this.#giveUp(error, error.message.replace(/\.$/, ''));
        else if (!ended) child.kill('SIGKILL');
      },
    );
  }

  /** Asks the engine to end, and ends it when it takes too long. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    const client = this.#client;
    this.#client = undefined;
    this.#setState({ state: 'stopped', reason: 'Refinery is closing' });
    for (const { reject } of this.#waiters.splice(0)) reject(gone('Refinery is closing'));
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const force = setTimeout(() => child.kill('SIGKILL'), this.#timing.farewell);
    if (client) await client.call('engine.shutdown', {}).catch(() => undefined);
    if (child.connected) child.disconnect();
    await exited;
    clearTimeout(force);
  }

  #heartbeat(client: EngineClient, child: ChildProcess): () => void {
    let answered = Date.now();
    const timer = setInterval(() => {
      client.call('engine.ping', {}).then(
        () => {
          answered = Date.now();
        },
        () => undefined,
      );
      if (Date.now() - answered > this.#timing.silence) {
        this.#options.log?.('The engine did not answer; it is ended.');
        child.kill('SIGKILL');
      }
    }, this.#timing.heartbeat);
    timer.unref();
    return () => clearInterval(timer);
  }

  #scheduleRestart(reason: string): void {
    this.#attempt += 1;
    this.#setState({ state: 'restarting', reason, attempt: this.#attempt });
    const wait = Math.min(this.#timing.firstWait * 2 ** (this.#attempt - 1), this.#timing.longestWait);
    this.#restart = setTimeout(() => this.start(), wait);
  }

  #giveUp(error: RefineryError, reason: string): void {
    this.#stopping = true;
    this.#child?.kill('SIGKILL');
    this.#end = error;
    this.#setState({ state: 'stopped', reason });
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }

  #setState(state: EngineState): void {
    this.#state = state;
    for (const listener of this.#stateListeners) listener(state);
  }
}

const fatal: ReadonlySet<ErrorCode> = new Set(['ENGINE_MISMATCH', 'ENGINE_BUSY']);

function gone(reason: string): RefineryError {
  return new RefineryError('ENGINE_GONE', `The engine is not running: ${reason}.`, {
    hint: 'Start Refinery again.',
  });
}
