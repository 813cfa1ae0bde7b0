import { useEffect, useRef } from 'react';

const isLost = (): boolean => document.activeElement === null || document.activeElement === document.body;

/** What a dialog gives the focus back to: for one that a menu opened, what the menu belongs to. */
export function openerOf(): HTMLElement | null {
  const from = document.activeElement;
  const menu = from?.closest('[role="menu"]');
  if (menu) return document.getElementById(menu.getAttribute('aria-labelledby') ?? '');
  return from instanceof HTMLElement && !isLost() ? from : null;
}

/** Gives the focus back, unless it went somewhere meanwhile; to the page's list where the opener is gone. */
export function giveFocusBack(opener: HTMLElement | null): void {
  if (!isLost()) return;
  const list = document.querySelector<HTMLElement>('main [role="listbox"]');
  (opener?.isConnected ? opener : list)?.focus({ preventScroll: true });
}

/** When what has the focus goes off the page, such as a button that did its work, something else takes it. */
export function useFocusKept(next: () => HTMLElement | null): void {
  const last = useRef<Element | null>(null);
  useEffect(() => {
    const enter = ({ target }: FocusEvent): void => {
      last.current = target as Element;
    };
    // Left on purpose, by a click beside it.
    const leave = ({ target, relatedTarget }: FocusEvent): void => {
      if (relatedTarget) return;
      setTimeout(() => {
        if (last.current === target && (target as Element).isConnected && isLost()) last.current = null;
      });
    };
    document.addEventListener('focusin', enter);
    document.addEventListener('focusout', leave);
    last.current = isLost() ? null : document.activeElement;
    return () => {
      document.removeEventListener('focusin', enter);
      document.removeEventListener('focusout', leave);
    };
  }, []);
  // After everything that is drawn: that is when something may have gone.
  useEffect(() => {
    if (!last.current || last.current.isConnected || !isLost()) return;
    last.current = null;
    next()?.focus({ preventScroll: true });
  });
}

/** Tries to find a field, and milliseconds between them: its page may just be drawn. */
const [tries, pause] = [10, 50];

/** Goes to the field of this label, once it is there; what is folded up around it is opened. */
export function focusField(label: RegExp, left = tries): void {
  setTimeout(() => {
    const words = [...document.querySelectorAll<HTMLElement>('main label, main [aria-label]')].find((one) =>
      label.test(one.getAttribute('aria-label') ?? one.textContent ?? ''),
    );
    const field = words instanceof HTMLLabelElement ? (words.control ?? words) : words;
    if (!field) {
      if (left > 0) focusField(label, left - 1);
      return;
    }
    const folded = field.closest('details');
    if (folded) folded.open = true;
    // Of a group it is the first that takes the focus.
    const control = 'input, select, textarea, button';
    (field.matches(control) ? field : (field.querySelector<HTMLElement>(control) ?? field)).focus();
    field.scrollIntoView({ block: 'nearest' });
  }, pause);
}
