/** Where files lay in folders that were dropped, which a browser says only of those that were chosen. */
const places = new WeakMap<File, string>();

/** A file's path in the folder that was dropped or chosen, with its name; its name alone where there is none. */
export const placeOf = (file: File): string => places.get(file) ?? (file.webkitRelativePath || file.name);

/** Files and, in a browser, the files in folders, of a drop or a paste. */
export async function filesOf(transfer: DataTransfer, walkFolders: boolean): Promise<File[]> {
  if (!walkFolders) return [...transfer.files];
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return [...transfer.files];
  return (await Promise.all(entries.map(walk))).flat();
}

async function walk(entry: FileSystemEntry): Promise<File[]> {
  if (entry.name.startsWith('.')) return [];
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    places.set(file, entry.fullPath.replace(/^\/+/, ''));
    return [file];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const children: FileSystemEntry[] = [];
  // A reader gives a hundred entries at a time, and none when it is through.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) break;
    children.push(...some);
  }
  return (await Promise.all(children.map(walk))).flat();
}
