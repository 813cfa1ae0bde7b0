import type { Taking } from '../../app/page-type.ts';
import { addDiffusion, addNetworks } from './state.ts';

export const takes: readonly Taking[] = [
  { kind: 'network', title: () => 'Add as a network', take: addNetworks },
  {
    kind: 'diffusion',
    title: () => 'Add as a diffusion model',
    take: (admitted) => void addDiffusion(admitted),
  },
];
