import { clsx } from 'clsx';
import { type ReactNode, useEffect, useRef } from 'react';

interface StepTitleProps {
  readonly className?: string;
  readonly children: ReactNode;
}

/** The heading of a step. It takes the focus where what had it is gone, so that the keyboard goes on from here. */
export function StepTitle({ className, children }: StepTitleProps) {
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => focusIfLost(ref.current), []);
  return (
    <h2 ref={ref} className={clsx('wizard-title', className)} tabIndex={-1}>
      {children}
    </h2>
  );
}

/** Gives an element the focus that was lost with something that is gone. */
export function focusIfLost(element: HTMLElement | null): void {
  const { activeElement } = document;
  if (activeElement === null || activeElement === document.body) element?.focus({ preventScroll: true });
}

/** Gives the focus to the heading of the step that is shown, before what has it goes. */
export const focusStepTitle = (): void =>
  document.querySelector<HTMLElement>('.wizard-content .wizard-title')?.focus({ preventScroll: true });
