import { spawn } from 'node:child_process';

/**
 * Runs a program to its end.
 *
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean, timeout?: number }} options `quiet` keeps what it
 *   prints; `timeout` in milliseconds.
 * @returns {Promise<{ code: number, output: string }>} code 127 when it can't be started, 124 when it took too long.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: options.quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      windowsHide: true,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        output += chunk;
      });
    }
    let late = false;
    const timer =
      options.timeout &&
      setTimeout(() => {
        late = true;
        child.kill('SIGKILL');
      }, options.timeout);
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve({ code: 127, output: error.message });
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: late ? 124 : (code ?? (signal ? 128 : 1)), output });
    });
  });
}
