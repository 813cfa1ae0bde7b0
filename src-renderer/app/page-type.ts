import type { ComponentType } from 'react';

/** A place in the window. Each folder in `features/` exports one from its `page.tsx`. */
export interface Page {
  readonly id: string;
  readonly title: string;
  readonly icon: ComponentType<{ size?: number; strokeWidth?: number }>;
  /** Order in the rail; from 100 on at its foot. */
  readonly rank: number;
  readonly component: ComponentType;
}
