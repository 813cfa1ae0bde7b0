interface Placed {
  readonly position: number;
}

/** Items of one message, which has a limit. */
export const mostInMessage = 5_000;

/**
 * A list piece by piece. It may change between two pieces: where to go on is a position, not a number of items.
 *
 * @param order all items, sorted by position.
 * @param after position of the last one that is known; `null` from the beginning.
 * @returns `next`, where to go on, or `null` at the end.
 */
export function pageOf<Item extends Placed>(
  order: readonly Item[],
  after: number | null,
  most = mostInMessage,
): { items: readonly Item[]; next: number | null } {
  const rest = after === null ? 0 : order.findIndex(({ position }) => position > after);
  const from = rest < 0 ? order.length : rest;
  let end = Math.min(from + most, order.length);
  // Of one position there may be two: both go together.
  while (end > from && end < order.length && order[end]!.position === order[end - 1]!.position) end += 1;
  return { items: order.slice(from, end), next: end < order.length ? order[end - 1]!.position : null };
}
