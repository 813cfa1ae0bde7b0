import { create } from 'zustand';
import type { EngineClient, ModelSummary } from '../../src-main/contract/index.ts';
import { call } from './session.ts';

/** The networks that there are, and whether they are here. */
export const useModels = create<{ readonly models: readonly ModelSummary[] }>(() => ({ models: [] }));

export function followModels(engine: EngineClient): void {
  engine.on('models.changed', ({ models }) => useModels.setState({ models }));
}

export async function loadModels(): Promise<void> {
  useModels.setState(await call('models.list', {}));
}
