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
    sessionStorage.removeItem(key);
    const kept = save();
    if (kept !== null && !isKept(key, kept) && least) isKept(key, least(kept));
  });
}

/** Not where it is too large, or nothing may be kept here. */
function isKept(key: string, value: unknown): boolean {
  try {
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
