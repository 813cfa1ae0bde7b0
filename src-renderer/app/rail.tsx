import { clsx } from 'clsx';
import { showPage, useSession } from '../state/session.ts';
import type { Page } from './page-type.ts';
import { pages } from './pages.ts';

/** The places of the window. A quiet ring tells of work that goes on in one that isn't shown. */
export function Rail() {
  const top = pages.filter(({ rank }) => rank < 100);
  const foot = pages.filter(({ rank }) => rank >= 100);
  return (
    <nav className="rail" aria-label="Places">
      {top.map((page) => (
        <Place key={page.id} page={page} />
      ))}
      <div className="rail-gap" />
      {foot.map((page) => (
        <Place key={page.id} page={page} />
      ))}
    </nav>
  );
}

/** Of places that do nothing in the background. */
const idle = (): null => null;

function Place({ page }: { readonly page: Page }) {
  const current = useSession((state) => state.page === page.id);
  const working = (page.useProgress ?? idle)();
  const Icon = page.icon;
  const ring = !current && working !== null;
  return (
    <button
      type="button"
      className={clsx('place', current && 'current')}
      aria-current={current ? 'page' : undefined}
      onClick={() => showPage(page.id)}
    >
      <span className="place-sign" aria-hidden>
        <Icon size={18} strokeWidth={1.75} />
        {ring && (
          <svg className="ring" viewBox="0 0 32 32" aria-hidden="true">
            <circle cx="16" cy="16" r="14" pathLength={1} strokeDasharray={`${working} 1`} />
          </svg>
        )}
      </span>
      <span>{page.title}</span>
    </button>
  );
}
