import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkLabels } from './labels.ts';

interface Verdict {
  readonly text: string;
  readonly shape: readonly [number, number] | null;
  readonly corrupt: boolean;
  readonly objects: number;
  readonly outlines: number;
  readonly message: string;
}

const verdicts = JSON.parse(
  readFileSync(new URL('./fixtures/labels.json', import.meta.url), 'utf8'),
) as readonly Verdict[];

describe('label files', () => {
  it.each(verdicts.map((verdict) => [verdict.text, verdict] as const))(
    'are judged as Ultralytics judges them: %j',
    (text, { shape, corrupt, objects, outlines, message }) => {
      const made = checkLabels(text, 3, shape && { points: shape[0], numbers: shape[1] });
      expect([text, shape, message, 'check' in made]).toEqual([text, shape, message, corrupt]);
      if (!('check' in made)) expect(made).toMatchObject({ objects, outlines });
    },
  );

  it('never stop the check, whatever is in them', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.double()).map((row) => row.join(' ')),
        ),
        (text) => {
          const made = checkLabels(text, 2, null);
          expect('check' in made || made.objects >= 0).toBe(true);
        },
      ),
    );
  });
});
