import type { Actions, Page, Taking } from './page-type.ts';

const modules = import.meta.glob<{ page: Page }>('../features/*/page.tsx', { eager: true });
const takes = import.meta.glob<{ takes: readonly Taking[] }>('../features/*/takes.ts', { eager: true });
const does = import.meta.glob<{ actions: Actions }>('../features/*/actions.ts', { eager: true });

/** Every place there is, in the order of the rail. A new folder in `features/` is a new place. */
export const pages: readonly Page[] = Object.values(modules)
  .map(({ page }) => page)
  .sort((a, b) => a.rank - b.rank);

/** Of each place by its id, the files that it takes. Its folder has its id as its name. */
export const takings: ReadonlyMap<string, readonly Taking[]> = new Map(
  Object.entries(takes).map(([path, module]) => [folderOf(path), module.takes]),
);

/** Of each place by its id, what can be done there. */
export const placeActions: ReadonlyMap<string, Actions> = new Map(
  Object.entries(does).map(([path, module]) => [folderOf(path), module.actions]),
);

function folderOf(path: string): string {
  return path.split('/').at(-2) ?? '';
}
