import type { ComponentType } from 'react';
import type { AdmitResult } from '../../src-main/contract/index.ts';

/** A place in the window. Each folder in `features/` exports one from its `page.tsx`. */
export interface Page {
  readonly id: string;
  readonly title: string;
  readonly icon: ComponentType<{ size?: number; strokeWidth?: number }>;
  /** Order in the rail; from 100 on at its foot. */
  readonly rank: number;
  readonly component: ComponentType;
  /** What becomes of files that are dropped while this place is shown; absent: they are upscaled. */
  readonly drop?: {
    readonly title: string;
    readonly hint: string;
    readonly take: (admitted: AdmitResult) => void;
  };
}
