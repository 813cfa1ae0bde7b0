import { z } from 'zod';
import { defineTransform } from './transform.ts';

export const projectInfos = defineTransform({
  name: 'project_infos',
  about: 'names',
  description: 'Changes what the set says of itself: author, version, papers.',
  options: z.strictObject({
    infos: z.record(z.string().min(1), z.string()).describe('name: what is said'),
    overwrite: z.boolean().default(false).describe('whether what was said before goes'),
  }),
  names: 'infos',
  apply(dataset, { infos, overwrite }) {
    const before = overwrite ? [] : (dataset.infos ?? []);
    return { ...dataset, infos: new Map([...before, ...Object.entries(infos)]) };
  },
});
