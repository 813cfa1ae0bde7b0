import type { Taking } from '../../app/page-type.ts';
import { toast } from '../../state/session.ts';
import { addPictures, openDetector, take, useDetectors } from './state.ts';

const isTrying = (): boolean => useDetectors.getState().mode === 'try';

export const takes: readonly Taking[] = [
  {
    kind: 'detector',
    title: () => 'Try this detector',
    take: (admitted) => void openDetector(admitted),
  },
  {
    kind: 'pictures',
    title: () => 'Find objects in these pictures',
    take(admitted) {
      void addPictures(admitted);
      if (!useDetectors.getState().detector)
        toast('The pictures wait here. Open a detector to find objects in them.');
    },
    here: isTrying,
  },
  { kind: 'dataset', title: () => 'Train with this set', take, here: () => !isTrying() },
];
