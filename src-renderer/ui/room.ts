import { type RefObject, useLayoutEffect, useRef, useState } from 'react';

/** The room inside of an element, in pixels of the page, as it changes. */
export function useRoom<Box extends HTMLElement>(
  first: { readonly width: number; readonly height: number } = { width: 1, height: 1 },
): [RefObject<Box | null>, { readonly width: number; readonly height: number }] {
  const box = useRef<Box>(null);
  const [room, setRoom] = useState(first);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() =>
      setRoom({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, room];
}
