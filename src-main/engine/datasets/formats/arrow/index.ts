import { inside } from '../../files/paths.ts';
import type { Format, Listing, Verdict } from '../../format.ts';
import { abilities } from '../datumaro/write.ts';

async function detect({ folder, files }: Listing): Promise<Verdict | null> {
  const file = files.find((path) => /^[^/]+\.arrow$/.test(path));
  if (file === undefined) return null;
  const { isDatumaroArrow } = await import('./read.ts');
  if (!(await isDatumaroArrow(inside(folder, file)))) return null;
  return { confidence: 0.98, reasons: [`${file} says that it is Datumaro's.`], against: [] };
}

/** Datumaro's tables of Apache Arrow. The library for them is large, and loaded when one is there. */
export const arrowFormat: Format = {
  name: 'arrow',
  title: 'Datumaro, Apache Arrow',
  aliases: ['datumaro_arrow'],
  abilities,
  detect,
  read: async (folder, options) => (await import('./read.ts')).readArrow(folder, options),
  write: async (dataset, folder, options) =>
    (await import('./write.ts')).writeArrow(dataset, folder, abilities, options),
};
