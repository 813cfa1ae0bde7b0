import { create } from 'zustand';
import type { AdmitResult, FileHandle } from '../../../src-main/contract/index.ts';
import { chooseFolder } from '../../app/choose-folder.ts';
import { openDialog } from '../../state/actions.ts';
import { useModels } from '../../state/models.ts';
import { act, toast } from '../../state/session.ts';

interface Adding {
  /** Networks whose interfaces are asked for, one after the other. */
  readonly networks: readonly FileHandle[];
  /** A checkpoint that may be converted. */
  readonly checkpoint: { readonly handle: FileHandle; readonly bytes: number } | null;
}

/** What is about to be added to the models. */
export const useAdding = create<Adding>(() => ({ networks: [], checkpoint: null }));

/** Asks how each of these networks wants its pixels, to add it. */
export function addNetworks({ handles, refused }: AdmitResult): void {
  const named = handles.filter(({ name }) => /\.(xml|onnx)$/i.test(name));
  const networks = named.length > 0 ? named : handles.slice(0, 1);
  useAdding.setState((state) => ({ networks: [...state.networks, ...networks] }));
  if (networks.length === 0 && refused[0])
    toast(`${refused[0].name}: ${refused[0].reason}`, { tone: 'warning' });
}

/** The network that was asked for first is added, or not wanted. */
export const endNetwork = (): void => useAdding.setState(({ networks }) => ({ networks: networks.slice(1) }));

/** Adds a folder with a converted diffusion model, or asks how a checkpoint is to be converted. */
export async function addDiffusion({ handles: [folder] }: AdmitResult): Promise<void> {
  const found = folder && (await act('models.inspectDiffusion', { handle: folder.id }));
  if (!found) return;
  if (found.kind === 'checkpoint') {
    useAdding.setState({ checkpoint: { handle: folder, bytes: found.bytes } });
    return;
  }
  const added = await act('models.addDiffusion', { handle: folder.id, name: folder.name });
  if (added) toast(`${added.entry.name} was added. Choose Diffusion for a picture to use it.`);
}

export const chooseNetwork = async (): Promise<void> => addNetworks(await openDialog('model'));

export const chooseDiffusion = (): void =>
  void chooseFolder('modelFolder', (admitted) => void addDiffusion(admitted));

export async function removeModel(id: string, name: string): Promise<void> {
  if (await act('models.remove', { id })) toast(`${name} was removed from this machine.`);
}

export const dismissConversion = (): void => useModels.setState({ conversion: null });
