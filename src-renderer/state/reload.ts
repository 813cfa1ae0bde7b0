/**
 * Keeps something over a reload of the page, and no longer: another window begins afresh.
 *
 * @param save gives what is kept, when the page goes; it must be plain values.
 * @param restore takes what was kept, at once.
 */
export function keepOverReload<Kept>(name: string, save: () => Kept, restore: (kept: Kept) => void): void {
  const key = `refinery-reload-${name}`;
  const kept = read(key);
  if (kept !== undefined) restore(kept as Kept);
  window.addEventListener('pagehide', () => {
    try {
      sessionStorage.setItem(key, JSON.stringify(save()));
    } catch {
      // It is too large, or nothing may be kept here: the page begins afresh.
      sessionStorage.removeItem(key);
    }
  });
}

function read(key: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}
