import { styleText } from 'node:util';

/** A table as a terminal shows it: the first column to the left, the others to the right, heads dim. */
export function printTable([head = [], ...rows]: readonly (readonly string[])[]): void {
  const widths = head.map((cell, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? cell).length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ');
  console.log(styleText('dim', line(head)));
  for (const row of rows) console.log(line(row));
}
