import type { Taking } from '../../app/page-type.ts';
import { openRun, showMode, take, useCompression } from './state.ts';

const isIn =
  (...modes: ReadonlyArray<ReturnType<typeof useCompression.getState>['mode']>) =>
  (): boolean =>
    modes.includes(useCompression.getState().mode);

export const takes: readonly Taking[] = [
  { kind: 'training', title: () => 'Watch this training', take: (admitted) => void openRun(admitted) },
  { kind: 'training', title: () => 'Take this training', take, here: isIn('compare', 'train') },
  {
    kind: 'configuration',
    title: () => 'Open this configuration',
    take(admitted) {
      showMode('configure');
      take(admitted);
    },
  },
  { kind: 'configuration', title: () => 'Take this configuration', take, here: isIn('train') },
  { kind: 'network', title: () => 'Measure this model', take, here: isIn('measure') },
  { kind: 'detector', title: () => 'Measure this model', take, here: isIn('measure') },
];
