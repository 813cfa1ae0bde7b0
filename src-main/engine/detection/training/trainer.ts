import { join } from 'node:path';
import { z } from 'zod';
import { runProcess } from '../../python/process.ts';
import { interpreterOf } from '../../training/index.ts';

/** A Python with what it has for training detectors. */
export interface Trainer {
  readonly python: string;
  /** Null where Ultralytics is missing. */
  readonly version: string | null;
  readonly openvino: string | null;
}

const Found = z.object({
  python: z.string(),
  ultralytics: z.string().nullable(),
  openvino: z.string().nullable(),
});

/** Looks by the packages' own descriptions: importing PyTorch takes seconds. */
const question = `
import importlib.metadata as metadata, json, sys
def version(name):
    try: return metadata.version(name)
    except metadata.PackageNotFoundError: return None
print(json.dumps({"python": sys.executable, "ultralytics": version("ultralytics"), "openvino": version("openvino")}))
`;

/**
 * Looks for a Python with Ultralytics.
 *
 * @param folder of an environment; absent: the one that is active, and then what the system calls python.
 * @returns the best that there is; nothing where no Python answers.
 * @throws {RefineryError} `INPUT_UNSUPPORTED` for a folder that is no environment.
 */
export async function findTrainer(
  folder: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Trainer | undefined> {
  const active = [env['VIRTUAL_ENV'], env['CONDA_PREFIX']].flatMap((place) => place || []);
  const program = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  const candidates =
    folder === undefined
      ? [...active.map((place) => join(place, ...program)), 'python3', 'python']
      : [interpreterOf(folder)];
  let best: Trainer | undefined;
  for (const candidate of candidates) {
    let last = '';
    const { code } = await runProcess(candidate, ['-c', question], {
      onLine: (line) => {
        last = line;
      },
    });
    const found = code === 0 ? Found.safeParse(parsed(last)).data : undefined;
    if (!found) continue;
    const trainer = { python: found.python, version: found.ultralytics, openvino: found.openvino };
    if (trainer.version !== null) return trainer;
    best ??= trainer;
  }
  return best;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
