import { RefineryError } from '../../../../contract/errors.ts';
import { isFile, namesIn } from '../../files/folder.ts';
import { inside } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { ProblemLog } from '../../model/index.ts';
import { csvRows } from '../common/csv.ts';
import { InnerPictures } from '../common/pictures.ts';
import { readClasses, side } from './classes.ts';
import { mnistItem, notedFrom } from './item.ts';

/** `mnist_train.csv`. */
export const tableName = /^(?:fashion[-_])?mnist_([^/]+)\.csv$/;

/** Reads rows of a class's number and pixels. What Datumaro notes besides is in `meta_<subset>.csv`. */
export async function readMnistCsv(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const tables = (await namesIn(folder)).filter((name) => tableName.test(name));
  if (tables.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no file mnist_….csv in ${folder}.`);
  const categories = await readClasses(folder);
  return {
    categories,
    media: 'image',
    problems,
    async *items() {
      for (const table of tables) {
        const subset = tableName.exec(table)![1]!;
        const noted = await notes(folder, `meta_${subset}.csv`, problems);
        const pictures = new InnerPictures(inside(folder, table));
        const told = (line: number, reason: string): void => problems.add(table, `line ${line}`, reason);
        let index = 0;
        for await (const { fields, line } of csvRows(inside(folder, table), told, [])) {
          options.signal?.throwIfAborted();
          const complain = (reason: string): void => told(line, reason);
          const [number, ...pixels] = fields.map((value) => (/^\d{1,3}$/.test(value) ? Number(value) : -1));
          if (number === undefined || number < 0) {
            // Some have a header, which is no picture.
            if (index > 0 || line > 1) complain('the row does not begin with the number of a class');
            continue;
          }
          const entry = notedFrom(noted?.[index], index, { width: side, height: side });
          index += 1;
          const length = entry.size === null ? 0 : entry.size.width * entry.size.height;
          const usable = pixels.length === length && pixels.every((value) => value >= 0 && value <= 255);
          if (!usable && pixels.length > 0) complain(`the row has not ${length} pixels from 0 to 255`);
          const bytes = usable ? Uint8Array.from(pixels) : null;
          yield await mnistItem(entry, subset, number, categories.labels.length, bytes, pictures, complain);
        }
      }
    },
  };
}

async function notes(
  folder: string,
  name: string,
  problems: ProblemLog,
): Promise<(readonly string[])[] | null> {
  if (!(await isFile(inside(folder, name)))) return null;
  const rows: (readonly string[])[] = [];
  const complain = (line: number, reason: string): void => problems.add(name, `line ${line}`, reason);
  for await (const { fields } of csvRows(inside(folder, name), complain, [])) rows.push(fields);
  return rows;
}
