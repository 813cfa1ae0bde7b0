import { open } from 'node:fs/promises';
import { RefineryError } from '../../../../contract/errors.ts';

/**
 * Why a file of columns can't be read, in place of what its library says of offsets and variables. Such a file begins and
 * ends with the same mark (`PAR1`, `ARROW1`), so that one without it at its end was cut off.
 */
export async function brokenFile(path: string, mark: string, cause: unknown): Promise<unknown> {
  if (cause instanceof RefineryError) return cause;
  const file = await open(path, 'r').catch(() => undefined);
  // That it is not there, or may not be read, is said by the system.
  if (file === undefined) return cause;
  try {
    const { size } = await file.stat();
    const bytesAt = async (place: number): Promise<string> =>
      (await file.read(Buffer.alloc(mark.length), 0, mark.length, Math.max(place, 0))).buffer.toString(
        'latin1',
      );
    const isCut = (await bytesAt(0)) === mark && (await bytesAt(size - mark.length)) !== mark;
    const why = isCut ? 'the file ends early' : 'the file is damaged, or ends early';
    return new RefineryError(isCut ? 'INPUT_TRUNCATED' : 'INPUT_CORRUPT', why, { cause });
  } finally {
    await file.close();
  }
}
