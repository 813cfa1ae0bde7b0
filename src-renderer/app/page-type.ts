import type { ComponentType } from 'react';
import type { AdmitResult, EngineClient } from '../../src-main/contract/index.ts';

/** Something that can be done from anywhere: in the palette, and by its keys. */
export interface Command {
  readonly id: string;
  readonly title: string;
  /** As on the key caps: "Ctrl+O". */
  readonly shortcut?: string;
  readonly run: () => void;
}

/** Something that can be done with files that are dropped. */
export interface Drop {
  readonly title: string;
  readonly hint: string;
  readonly take: (admitted: AdmitResult) => void;
}

/** A place in the window. Each folder in `features/` exports one from its `page.tsx`. */
export interface Page {
  readonly id: string;
  readonly title: string;
  readonly icon: ComponentType<{ size?: number; strokeWidth?: number }>;
  /** Order in the rail; from 100 on at its foot. */
  readonly rank: number;
  readonly component: ComponentType;
  /** Connects what this place knows to the engine. It hears of its work while another place is shown, too. */
  readonly follow?: (engine: EngineClient) => void;
  /** How far its work is, 0..1; null when there is none. A hook. */
  readonly useProgress?: () => number | null;
  /** What it can do; the palette leads here first. */
  readonly commands?: readonly Command[];
  /** What becomes of files that are dropped while this place is shown; absent: they are upscaled. */
  readonly drop?: Drop;
  /** What else can be done with them now: the window is parted, and where they are dropped decides. */
  readonly otherDrops?: () => readonly Drop[];
}
