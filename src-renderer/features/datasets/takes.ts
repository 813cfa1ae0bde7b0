import type { Taking } from '../../app/page-type.ts';
import { openDataset } from './opening.ts';

export const takes: readonly Taking[] = [
  {
    kind: 'dataset',
    title: ({ format }) =>
      format === null ? 'Open as a dataset' : `Open as a dataset (${format.split(', ')[0]})`,
    take: (admitted) => void openDataset(admitted),
  },
  {
    kind: 'dataset',
    title: () => 'Open this dataset',
    take: (admitted) => void openDataset(admitted),
    here: () => true,
  },
  {
    // A folder of pictures is a set as well, where sets are looked at.
    kind: 'pictures',
    title: () => 'Open this dataset',
    take: (admitted) => void openDataset(admitted),
    here: ({ handles }) => handles.some(({ kind }) => kind === 'folder'),
  },
];
