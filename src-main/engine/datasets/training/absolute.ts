import { chmod, lstat, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseDocument } from 'yaml';
import { RefineryError } from '../../../contract/errors.ts';
import { publish, temporaryPath } from '../../io/atomic.ts';
import { readText } from '../files/folder.ts';
import { readDataYaml } from '../formats/yolo/yaml.ts';
import { findDescription, readDescription } from './description.ts';
import { TrainingFindings } from './findings.ts';

/**
 * Writes the set's absolute path into its `data.yaml`, so that training can be started anywhere. All else in the file
 * stays, comments too; the new text is read back before it takes the old one's place.
 *
 * @returns the file and the path that it now names.
 * @throws {RefineryError} `INPUT_NOT_FOUND`, `INPUT_CORRUPT` for a file that is no YAML, `OUTPUT_NOT_WRITABLE`,
 * `OUTPUT_CHECK_FAILED`.
 */
export async function makePathAbsolute(
  folder: string,
): Promise<{ readonly file: string; readonly path: string }> {
  const file = await findDescription(folder);
  if (file === undefined) throw new RefineryError('INPUT_NOT_FOUND', `There is no data.yaml in ${folder}.`);
  const { root: path } = await readDescription(resolve(folder), file, new TrainingFindings());
  const before = await lstat(file);
  if (before.isSymbolicLink()) {
    throw new RefineryError('OUTPUT_NOT_WRITABLE', `${basename(file)} is a link to a file elsewhere.`, {
      hint: 'Change that file, or put a copy in place of the link.',
    });
  }
  const text = await readText(file);
  const changed = withPath(text, path);
  if (changed === text) return { file, path };
  const expected = new Map(readDataYaml(text)).set('path', path);
  if (!isDeepStrictEqual(readDataYaml(changed), expected)) {
    throw new RefineryError(
      'OUTPUT_CHECK_FAILED',
      `${basename(file)} would have changed in more than its path.`,
      {
        hint: `Write this line into it: path: ${JSON.stringify(path)}`,
      },
    );
  }
  const temporary = temporaryPath(dirname(file), 'training', '.yaml');
  try {
    await writeFile(temporary, changed, { flag: 'wx' });
    await chmod(temporary, before.mode & 0o777);
    await publish(temporary, file, dirname(file), true);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new RefineryError('OUTPUT_NOT_WRITABLE', `${basename(file)} can’t be written.`, { cause });
  }
  return { file, path };
}

function withPath(text: string, path: string): string {
  // Values stay as they are written: this schema knows text only.
  const document = parseDocument(text, { schema: 'failsafe' });
  const [error] = document.errors;
  if (error !== undefined) {
    throw new RefineryError('INPUT_CORRUPT', 'The data.yaml can’t be read.', { details: error.message });
  }
  document.set('path', path);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
