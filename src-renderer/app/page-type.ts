import type { ComponentType } from 'react';
import type { AdmitResult, EngineClient, FileKind, Possibility } from '../../src-main/contract/index.ts';
import type { Way } from '../state/inbox.ts';

/**
 * Something that can be done from anywhere: in the palette, and by its keys. The folder of a place in `features/`
 * exports from `actions.ts` what can be done there now, as `actions()`; what makes no sense now is left out.
 */
export interface Action {
  /** Of its place. */
  readonly id: string;
  readonly title: string;
  /** As on the key caps: "Ctrl+O". */
  readonly shortcut?: string;
  /** Other words that it is found by. */
  readonly words?: string;
  /** Why it can't be done now, where that is worth saying. */
  readonly unavailable?: string | false | undefined;
  /** It needs nothing of its place to be seen: what is shown stays. */
  readonly stays?: boolean;
  readonly run: () => void;
}

export type Actions = () => readonly Action[];

/** Something that can be done with files that are dropped. */
export interface Drop {
  readonly title: string;
  readonly hint: string;
  readonly take: (admitted: AdmitResult) => void;
}

/**
 * What a place does with files of a kind, wherever they come from. The folder of a place in `features/` exports its own
 * from `takes.ts`.
 */
export interface Taking {
  readonly kind: FileKind;
  /** What it does, as on a button: "Upscale 12 pictures". */
  readonly title: (what: Possibility) => string;
  /** The place is shown by then. */
  readonly take: (admitted: AdmitResult, way: Way) => void;
  /** Only while its place is shown, and where this is so; it goes before what other places would do. */
  readonly here?: (what: Possibility) => boolean;
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
  /** The engine is there, for the first time or again: what was open is opened anew. */
  readonly whenReady?: () => void;
  /** How far its work is, 0..1; null when there is none. A hook. */
  readonly useProgress?: () => number | null;
  /** What is said of files that are dragged over it, and what becomes of those that nobody knows. */
  readonly drop?: Drop;
  /** What else can be done with them now: the window is parted, and where they are dropped decides. */
  readonly otherDrops?: () => readonly Drop[];
}
