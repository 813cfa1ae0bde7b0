/** Follows a pointer that went down on an element, wherever it goes, until it is let go. */
export function followPointer(
  element: HTMLElement,
  pointerId: number,
  onMove: (event: PointerEvent) => void,
): void {
  element.setPointerCapture(pointerId);
  const end = (): void => {
    element.removeEventListener('pointermove', onMove);
    element.removeEventListener('pointerup', end);
    element.removeEventListener('pointercancel', end);
  };
  element.addEventListener('pointermove', onMove);
  element.addEventListener('pointerup', end);
  element.addEventListener('pointercancel', end);
}
