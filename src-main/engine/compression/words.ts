/** Shares and numbers for people. */

/** @param part 0..1 */
export const percent = (part: number | undefined): string =>
  part === undefined ? '–' : `${(part * 100).toFixed(1)} %`;

export const thousands = new Intl.NumberFormat('en');
