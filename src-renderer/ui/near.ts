import { type RefObject, useEffect, useState } from 'react';

/** How far outside of what is seen something counts as near. */
const margin = '400px';

/** Whether an element is seen or about to be: what costs time to draw waits until then. */
export function useNear(ref: RefObject<HTMLElement | null>): boolean {
  const [near, setNear] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const observer = new IntersectionObserver((entries) => setNear(entries.at(-1)?.isIntersecting ?? false), {
      rootMargin: margin,
      // Of the page that scrolls within the window.
      ...{ scrollMargin: margin },
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return near;
}
