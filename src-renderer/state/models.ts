import { create } from 'zustand';
import type { EngineClient, ModelConversion, ModelSummary } from '../../src-main/contract/index.ts';
import { call, toast } from './session.ts';

interface Models {
  readonly models: readonly ModelSummary[];
  /** The conversion that runs, or the one that ran last. */
  readonly conversion: ModelConversion | null;
}

/** The networks that there are, and whether they are here. */
export const useModels = create<Models>(() => ({ models: [], conversion: null }));

export function followModels(engine: EngineClient): void {
  engine.on('models.changed', ({ models }) => useModels.setState({ models }));
  engine.on('models.conversion', (conversion) => {
    useModels.setState({ conversion });
    if (conversion.state === 'done') {
      toast(`${conversion.name} was converted and added. Choose Diffusion for a picture to use it.`);
    }
  });
}

export async function loadModels(): Promise<void> {
  useModels.setState(await call('models.list', {}));
}
