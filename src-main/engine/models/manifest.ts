import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ModelEntry, ModelManifest } from '../../contract/models.ts';

/** The networks that come with Refinery or can be downloaded. @throws {Error} when the file is not a manifest. */
export async function readManifest(folder: string): Promise<ModelEntry[]> {
  return ModelManifest.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'))).models;
}

const CustomList = z.array(ModelEntry);

/** The networks that the person added. A list that can't be read counts as empty; the files themselves stay. */
export async function readCustom(file: string): Promise<ModelEntry[]> {
  try {
    return CustomList.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return [];
  }
}
