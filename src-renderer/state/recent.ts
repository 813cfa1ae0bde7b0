import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import type { FileHandle, FileKind, Possibility } from '../../src-main/contract/index.ts';

interface RecentFile {
  readonly kind: FileKind;
  readonly handle: Pick<FileHandle, 'id' | 'name' | 'location'>;
}

/** As many as one looks through. */
const most = 12;

/** What was opened last, the newest first; remembered on this machine. */
export const useRecent = create<{ readonly files: readonly RecentFile[] }>()(
  persist((): { readonly files: readonly RecentFile[] } => ({ files: [] }), { name: 'refinery-recent' }),
);

/** Takes note of what is opened. */
export function remember({ kind, handles }: Pick<Possibility, 'kind' | 'handles'>): void {
  const files = handles
    .slice(0, 3)
    .map(({ id, name, location }) => ({ kind, handle: { id, name, location } }));
  const ids = new Set(files.map(({ handle }) => handle.id));
  useRecent.setState(({ files: before }) => ({
    files: [...files, ...before.filter(({ handle }) => !ids.has(handle.id))].slice(0, most),
  }));
}

export function forget(id: string): void {
  useRecent.setState(({ files }) => ({ files: files.filter(({ handle }) => handle.id !== id) }));
}
