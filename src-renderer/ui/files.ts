import { toCsv } from './chart-data.ts';

/** {@link saveFile} for rows, see `toCsv`. */
export const saveCsv = (name: string, rows: Parameters<typeof toCsv>[0]): void =>
  saveFile(`${name}.csv`, new Blob([toCsv(rows)], { type: 'text/csv' }));

/** Hands something to the person as a file, the way a browser saves. */
export function saveFile(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
