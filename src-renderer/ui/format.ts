/** Numbers as a person reads them. Intl knows the rules of each language. */

const decimal = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

export function formatBytes(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.max(1, Math.round(bytes / 1000))} KB`;
  return bytes < 1_000_000_000 ? `${decimal.format(bytes / 1e6)} MB` : `${decimal.format(bytes / 1e9)} GB`;
}

export function formatSize(size: { readonly width: number; readonly height: number }): string {
  return `${size.width} × ${size.height}`;
}

/** A duration that is over: "40 ms", "0.8 s", "42 s", "3 min 5 s". */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 95) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${decimal.format(seconds)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = Math.round(seconds - minutes * 60);
  return minutes < 60 ? `${minutes} min ${rest} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A duration to come, rounded so that it doesn't flicker: "8 s left", "2 min left". */
export function formatTimeLeft(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  if (seconds < 10) return `${seconds} s left`;
  if (seconds < 55) return `${Math.ceil(seconds / 5) * 5} s left`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min left` : `${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
}

/** "1 picture", "12 pictures". */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${new Intl.NumberFormat('en').format(number)} ${number === 1 ? singular : plural}`;
}
