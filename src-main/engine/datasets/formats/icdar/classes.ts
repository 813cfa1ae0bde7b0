import type { Annotation } from '../../model/index.ts';

/** Tells, for each annotation that has a class, that ICDAR's formats have none. */
export function noteClasses(annotations: readonly Annotation[], note: (reason: string) => void): void {
  for (const part of annotations) {
    if ('label' in part && part.label !== null) note('the class is not written: the format has none');
  }
}
