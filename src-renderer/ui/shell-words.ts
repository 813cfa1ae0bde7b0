/** A text that a shell takes as one word, as it is. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A path as one word. A shell only knows the home folder outside of quotes. */
export const quotedPath = (path: string): string =>
  path.startsWith('~/') ? `~/${quoted(path.slice(2))}` : quoted(path);
