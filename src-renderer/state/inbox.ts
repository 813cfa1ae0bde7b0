import type { AdmitResult, DialogPurpose, FileKind } from '../../src-main/contract/index.ts';
import { openDialog } from './actions.ts';

/** How files came, as far as it counts for what becomes of them. */
export interface Way {
  /** The place that they were dropped on or pasted into. */
  readonly shown?: string;
  /** What the person was asked for, such as pictures: nothing is asked where they are. */
  readonly wanted?: FileKind;
  /** They came without the window being touched, such as by a second start: what became of them is said. */
  readonly unseen?: boolean;
}

type Receiver = (admitted: AdmitResult, way: Way) => Promise<void>;

let receiver: Receiver = async () => undefined;

/** Says who brings files to where they belong: the frame, which knows all places. */
export function receiveWith(next: Receiver): void {
  receiver = next;
}

/** Brings files to where they belong. */
export const handIn = (admitted: AdmitResult, way: Way = {}): Promise<void> => receiver(admitted, way);

/** Asks for pictures, or a folder of them. What is chosen and is none goes where it belongs. */
export async function openPictures(purpose: Extract<DialogPurpose, 'pictures' | 'folder'>): Promise<void> {
  await handIn(await openDialog(purpose), { wanted: 'pictures' });
}
