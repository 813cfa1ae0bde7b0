/**
 * Keeps something over a reload of the page, and no longer: another window begins afresh.
 *
 * @param save gives what is kept, when the page goes; it must be plain values. `null` for nothing.
 * @param restore takes what was kept, at once.
 * @param least is kept of it where all of it is too large.
 */
export function keepOverReload<Kept>(
  name: string,
  save: () => Kept | null,
  restore: (kept: Kept) => void,
  least?: (kept: Kept) => Kept,
): void {
  const key = `refinery-reload-${name}`;
  const kept = read(key);
  if (kept !== undefined) restore(kept as Kept);
  window.addEventListener('pagehide', () => {
    const now = save();
    if (!keep(key, now) && now !== null && least) keep(key, least(now));
  });
}

/** @returns whether that was possible: not where it is too large, or nothing may be kept here. */
function keep(key: string, value: unknown): boolean {
  try {
    sessionStorage.removeItem(key);
    sessionStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

function read(key: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}
