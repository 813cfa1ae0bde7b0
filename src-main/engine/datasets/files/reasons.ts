import { RefineryError } from '../../../contract/errors.ts';

/** What Node's own failures begin with, and what they are to a person who converts a set. */
const systemFailures: readonly (readonly [RegExp, string])[] = [
  [/^ENOENT$/, 'the file is not there'],
  [/^E(ACCES|PERM)$/, 'the file may not be read'],
  [/^EISDIR$/, 'it is a folder, not a file'],
  [/^E[A-Z0-9]+$/, 'the file can’t be opened'],
  [/^Z_|^ERR_.*ZLIB|^ERR_BUFFER_TOO_LARGE$/, 'what is packed in it is damaged or ends early'],
];

/** What the library that decodes pictures says, of which some has lines and settings in it. */
const pictureFailures: readonly (readonly [RegExp, string])[] = [
  [/^Input (file|buffer) (contains unsupported|is empty)/, 'it is no picture that can be read'],
  [/^Input (file|buffer) has corrupt|failOn/, 'the picture is damaged'],
  [/^Input file is missing/, 'the file is not there'],
];

/**
 * Why a file can't be read, for the list of problems: what a reader or a library says in words. What the JavaScript
 * engine says when a parser trips over damaged bytes is about its own variables, and `otherwise` stands for it.
 */
export function reasonOf(thrown: unknown, otherwise = 'it is damaged'): string {
  if (thrown instanceof RefineryError) return thrown.message;
  if (!(thrown instanceof Error)) return otherwise;
  const code = String((thrown as NodeJS.ErrnoException).code ?? '');
  const known =
    systemFailures.find(([pattern]) => pattern.test(code)) ??
    pictureFailures.find(([pattern]) => pattern.test(thrown.message));
  if (known !== undefined) return known[1];
  const isEngines = [TypeError, RangeError, SyntaxError, ReferenceError].some(
    (kind) => thrown instanceof kind,
  );
  return isEngines || thrown.message === '' ? otherwise : thrown.message;
}
