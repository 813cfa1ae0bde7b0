import type { FileHandle } from '../../../contract/files.ts';
import type { Possibility } from '../../../contract/recognition.ts';

/** A file or folder that is to be told. */
export interface Found {
  readonly handle: FileHandle;
  readonly path: string;
  /** Names of what lies in a folder; empty for a file. */
  readonly names: readonly string[];
}

/** What a recognizer says of a file or folder. */
export interface Claim extends Pick<Possibility, 'kind'> {
  /** What is to be opened, where it is not the very thing: a path in the folder, or beside the file. */
  readonly path?: string;
  readonly count?: number;
  readonly format?: string | null;
}

export interface Recognizer {
  readonly kind: Possibility['kind'];
  /** Nothing where it is none. */
  readonly recognize: (found: Found) => Promise<Omit<Claim, 'kind'> | undefined>;
  /** It may be something less particular as well. */
  readonly leavesOpen?: boolean;
}
