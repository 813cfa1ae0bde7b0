import { useSyncExternalStore } from 'react';

function follow(onChange: () => void): () => void {
  const observer = new MutationObserver(onChange);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}

/** The theme that is shown, for what is drawn and so can't take its colours from the style sheet. */
export function useTheme(): string {
  return useSyncExternalStore(follow, () => document.documentElement.dataset['theme'] ?? 'dark');
}
