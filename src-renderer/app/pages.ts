import type { Page } from './page-type.ts';

const modules = import.meta.glob<{ page: Page }>('../features/*/page.tsx', { eager: true });

/** Every place there is, in the order of the rail. A new folder in `features/` is a new place. */
export const pages: readonly Page[] = Object.values(modules)
  .map(({ page }) => page)
  .sort((a, b) => a.rank - b.rank);
