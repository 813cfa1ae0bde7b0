interface Placed {
  position: number;
}

/** Closer than this, positions are numbered anew. */
const smallestGap = 1e-6;

/**
 * Gives items positions right before another one, or at the end, in the order in which they are named.
 *
 * @param order all items, sorted by position.
 * @returns the items whose position changed: mostly those that moved, all when there was no room between two.
 */
export function placeBefore<Item extends Placed>(
  order: readonly Item[],
  moving: readonly Item[],
  before: Item | null,
): readonly Item[] {
  const set = new Set(moving);
  const others = order.filter((item) => !set.has(item));
  // Something that moves can't be the mark; then the next that stays is.
  const mark =
    before === null ? undefined : order.slice(order.indexOf(before)).find((item) => !set.has(item));
  const index = mark === undefined ? others.length : others.indexOf(mark);
  const previous = others[index - 1]?.position;
  const next = others[index]?.position;
  if (next === undefined) {
    moving.forEach((item, step) => {
      item.position = (previous ?? 0) + 1 + step;
    });
    return moving;
  }
  const low = previous ?? next - moving.length - 1;
  const gap = (next - low) / (moving.length + 1);
  if (gap >= smallestGap) {
    moving.forEach((item, step) => {
      item.position = low + gap * (step + 1);
    });
    return moving;
  }
  const all = [...others.slice(0, index), ...moving, ...others.slice(index)];
  all.forEach((item, step) => {
    item.position = step + 1;
  });
  return all;
}
