/** How often a model tells the class of a picture. Figures are 0 to 1, and null where there is no picture for them. */
export interface Accuracy {
  /** Share of pictures whose likeliest class is theirs. */
  readonly top1: number | null;
  /** Share of pictures whose class is among the five likeliest. */
  readonly top5: number | null;
  /** By index of the class. */
  readonly classes: readonly { readonly pictures: number; readonly top1: number | null }[];
  readonly pictures: number;
}

/** A picture's classes, and those that were found, the likeliest first. */
interface Looked {
  readonly truth: ReadonlySet<number>;
  readonly found: readonly number[];
}

/** A picture with several classes is right by any of them, and counts for each. */
export function accuracyOf(pictures: readonly Looked[], classes: number): Accuracy {
  const isWithin = ({ truth, found }: Looked, most: number): boolean =>
    found.slice(0, most).some((label) => truth.has(label));
  const share = (some: readonly Looked[], most: number): number | null =>
    some.length === 0 ? null : some.filter((one) => isWithin(one, most)).length / some.length;
  const byClass = Array.from({ length: classes }, (): Looked[] => []);
  for (const one of pictures) for (const label of one.truth) byClass[label]?.push(one);
  return {
    top1: share(pictures, 1),
    top5: share(pictures, 5),
    classes: byClass.map((own) => ({ pictures: own.length, top1: share(own, 1) })),
    pictures: pictures.length,
  };
}
