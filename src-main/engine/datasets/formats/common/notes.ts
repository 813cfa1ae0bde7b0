import { RefineryError } from '../../../../contract/errors.ts';
import { FileNotes, readingContext, whileReading } from '../../files/notes.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { AnyFormat, Dataset } from '../../format.ts';
import type { Item } from '../../model/index.ts';

/** A format whose sets tell among their problems what was odd about their files: see {@link FileNotes}. */
export function withNotes<Known extends AnyFormat>(format: Known): Known {
  return {
    ...format,
    async read(folder, options): Promise<Dataset> {
      const notes = new FileNotes(folder);
      const dataset = await whileReading(notes, () => format.read(folder, options)).catch(
        (thrown: unknown) => {
          throw explained(inWords(thrown), notes.sentences);
        },
      );
      notes.tellTo(dataset.problems);
      return { ...dataset, items: () => itemsWith(notes, dataset) };
    },
  };
}

/** The items, each of which is read with the notes in force. */
function itemsWith(notes: FileNotes, dataset: Dataset): AsyncIterable<Item> {
  return {
    [Symbol.asyncIterator]() {
      const within = readingContext(notes);
      const items = within(() => dataset.items()[Symbol.asyncIterator]());
      const next = (): Promise<IteratorResult<Item>> => items.next();
      return {
        next: () =>
          within(next).catch((thrown: unknown) => {
            throw inWords(thrown);
          }),
        return: (value) => within(async () => (await items.return?.(value)) ?? { done: true, value }),
      };
    },
  };
}

/** What the system says of a file that can't be read, as a person reads it. A full disk is none of the set's faults. */
function inWords(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || thrown instanceof RefineryError) return thrown;
  const { code = '', path } = thrown as NodeJS.ErrnoException;
  if (!/^E[A-Z0-9]+$/.test(code) || ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENOMEM'].includes(code)) return thrown;
  const where = path === undefined ? 'A file of the set' : `The file ${path}`;
  return new RefineryError('INPUT_UNREADABLE', `${where} can't be read: ${reasonOf(thrown)}.`, {
    cause: thrown,
  });
}

/** Why a set could not be opened, with what was noted until then: that there are no classes says less than `empty`. */
function explained(thrown: unknown, sentences: string): unknown {
  if (sentences === '' || !(thrown instanceof RefineryError)) return thrown;
  const { code, message, hint, details } = thrown;
  return new RefineryError(code, message + sentences, {
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
    cause: thrown,
  });
}
