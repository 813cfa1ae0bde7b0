import type { SelectReturnType } from 'xpath';
import { z } from 'zod';
import { RefineryError } from '../../../contract/errors.ts';
import { isFile } from '../files/folder.ts';
import { defineTransform, mapItems } from './transform.ts';

/** Longest expression; what is longer is no condition. */
const longest = 10_000;

export const xpathFilter = defineTransform({
  name: 'xpath_filter',
  about: 'choice',
  description: "Keeps what an expression of XPath 1.0 finds in the items as XML, as Datumaro's filters do.",
  options: z.strictObject({
    expression: z
      .string()
      .min(1)
      .max(longest)
      .describe('for example /item/annotation[label="cat" and area > 100] or /item[image/width > 640]'),
    mode: z
      .enum(['items', 'annotations', 'items+annotations'])
      .default('items')
      .describe('what is kept: items where something is found, the annotations that are found, or both'),
  }),
  async apply(dataset, { expression, mode }) {
    // With its DOM the library takes twenty megabytes, which every other command does without.
    const { emptyDocument, itemDocument } = await import('./item-xml.ts');
    const find = await parsed(expression);
    find(emptyDocument() as unknown as Node);
    return mapItems(dataset, async (item) => {
      const there = item.media !== null && (await isFile(item.media.path));
      const { root, annotations } = itemDocument(item, dataset.categories, there);
      const found = find(root as unknown as Node);
      if (mode === 'items') return (Array.isArray(found) ? found.length > 0 : Boolean(found)) ? item : null;
      if (!Array.isArray(found)) throw noNodes(expression);
      const places = new Map<unknown, number>(annotations.map((element, at) => [element, at]));
      // An element is kept where it is found itself, and not for what is in it.
      const kept = found.flatMap((node) => {
        const place = places.get(node);
        return place === undefined ? [] : [item.annotations[place]!];
      });
      return kept.length === 0 && mode === 'items+annotations' ? null : { ...item, annotations: kept };
    });
  },
});

/** @throws {RefineryError} `BAD_REQUEST` for what is no expression, now or when it is used. */
async function parsed(expression: string): Promise<(node: Node) => SelectReturnType> {
  const { select } = await import('xpath');
  return (node) => {
    try {
      return select(expression, node);
    } catch (thrown) {
      const why = (thrown as Error).message;
      throw new RefineryError(
        'BAD_REQUEST',
        `xpath_filter: ${JSON.stringify(expression)} is no expression of XPath 1.0: ${why}.`,
      );
    }
  };
}

const noNodes = (expression: string): RefineryError =>
  new RefineryError('BAD_REQUEST', `xpath_filter: ${JSON.stringify(expression)} finds no annotations.`, {
    hint: 'For annotations it must give elements: /item/annotation[area > 100]',
  });
