import type { Taking } from '../../app/page-type.ts';
import { addToQueue } from '../../state/actions.ts';
import { count } from '../../ui/format.ts';

export const takes: readonly Taking[] = [
  {
    kind: 'pictures',
    title: ({ count: pictures }) => `Upscale ${count(pictures, 'picture')}`,
    take: (admitted, { unseen }) => void addToQueue(admitted, unseen),
  },
];
