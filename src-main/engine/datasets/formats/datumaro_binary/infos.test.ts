import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planConversion } from '../../operations/index.ts';
import { format, readAll, scratch, setOf } from '../common/testing.ts';

const { fresh } = scratch();

const said = {
  author: 'Анна 図',
  licenses: [{ id: 1, name: 'CC BY' }],
  year: 2024,
  ['__proto__']: 'kept',
  // Longer than what one byte of a length can say, and than what is ASCII in one.
  papers: Array.from({ length: 60 }, (_, at) => `https://example.org/${at}`),
};

describe("what a set says of itself, in Datumaro's packed files and tables", () => {
  test.each(['datumaro_binary', 'arrow'])('%s', async (name) => {
    const infos = new Map(Object.entries(said));
    const items = [
      { id: 'a', subset: 'train' },
      { id: 'b', subset: 'val' },
    ];
    const folder = fresh();
    await format(name).write({ ...setOf(['x'], items), infos }, folder, { media: 'none' });
    const { dataset, reasons } = await readAll(name, folder);
    expect([...(dataset.infos ?? [])]).toEqual([...infos]);
    expect(reasons).toEqual([]);
    const request = { source: folder, from: name, output: join(fresh(), 'none'), media: 'none' } as const;
    const { loss } = await planConversion({ ...request, to: 'voc_detection' });
    expect(loss.notes.join()).toContain('dropped: author, licenses, year, __proto__, papers.');
    const kept = await planConversion({ ...request, to: name });
    expect(kept.loss.notes).toEqual([]);
  });
});
