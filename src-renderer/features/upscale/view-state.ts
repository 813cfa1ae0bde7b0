import { create } from 'zustand';
import { persist } from 'zustand/middleware';

export const compareModes = ['slider', 'side', 'lens'] as const;
export type CompareMode = (typeof compareModes)[number];

interface ViewState {
  readonly mode: CompareMode;
  /** Where the slider stands: the part of the width that shows the source, 0..1. */
  readonly split: number;
  /** Whether choices change for the selected pictures alone. */
  readonly onlyThis: boolean;
}

/** How a person likes to compare; remembered on this machine. */
export const useViewState = create<ViewState>()(
  persist((): ViewState => ({ mode: 'slider', split: 0.5, onlyThis: false }), {
    name: 'refinery-view',
    partialize: ({ mode }) => ({ mode }),
  }),
);
