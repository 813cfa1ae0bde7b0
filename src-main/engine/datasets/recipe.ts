import { LineCounter, parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { RefineryError } from '../../contract/errors.ts';
import { TransformStep, transformNamed } from './transforms/index.ts';

/** A conversion that is kept in a file: what the command line and the window do alike. Paths are not part of it. */
export const Recipe = z.strictObject({
  version: z.literal(1),
  /** Format of the source; without it, it is looked at. */
  from: z.string().optional(),
  to: z.string().optional(),
  media: z.enum(['copy', 'link', 'none']).optional(),
  transforms: z.array(TransformStep).default([]),
});
export type Recipe = z.output<typeof Recipe>;

const mostCharacters = 1024 * 1024;

/**
 * Reads a recipe.
 *
 * @throws {RefineryError} `BAD_REQUEST` that names line and key of everything that is wrong.
 */
export function readRecipe(text: string): Recipe {
  if (text.length > mostCharacters) throw new RefineryError('BAD_REQUEST', 'The recipe is too long.');
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'silent' });
  const wrong: string[] = [...document.errors, ...document.warnings].map(
    ({ message, pos }) => `line ${lineCounter.linePos(pos[0]).line}: ${message}`,
  );
  let value: unknown;
  try {
    if (wrong.length === 0) value = document.toJS({ maxAliasCount: 16 });
  } catch (thrown) {
    wrong.push(thrown instanceof Error ? thrown.message : String(thrown));
  }
  const lineOf = (path: readonly PropertyKey[]): number => {
    // A key that is missing has no place; the thing that it is missing in has.
    for (let length = path.length; length > 0; length -= 1) {
      const node = document.getIn(path.slice(0, length), true) as { range?: readonly number[] } | undefined;
      if (node?.range) return lineCounter.linePos(node.range[0]!).line;
    }
    return 1;
  };
  const tell = (issues: readonly z.core.$ZodIssue[], before: readonly PropertyKey[]): void => {
    for (const { path, message } of issues) {
      const full = [...before, ...path];
      wrong.push(`line ${lineOf(full)}, ${full.join('.') || 'the whole'}: ${message}`);
    }
  };
  if (wrong.length === 0) {
    const parsed = Recipe.safeParse(value);
    if (!parsed.success) tell(parsed.error.issues, []);
    else {
      for (const [index, { name, options }] of parsed.data.transforms.entries()) {
        const place = ['transforms', index];
        try {
          const checked = transformNamed(name).options.safeParse(options);
          if (!checked.success) tell(checked.error.issues, [...place, 'options']);
        } catch (thrown) {
          const why = thrown instanceof Error ? thrown.message : String(thrown);
          wrong.push(`line ${lineOf([...place, 'name'])}, transforms.${index}.name: ${why}`);
        }
      }
      if (wrong.length === 0) return parsed.data;
    }
  }
  throw new RefineryError('BAD_REQUEST', `The recipe can't be used: ${wrong.slice(0, 5).join('; ')}.`, {
    hint: 'A recipe starts with `version: 1`; docs/datasets.md shows one.',
  });
}

/** The text of a recipe, as {@link readRecipe} takes it. */
export function writeRecipe(recipe: Recipe): string {
  return stringify(recipe, { lineWidth: 0, aliasDuplicateObjects: false });
}
