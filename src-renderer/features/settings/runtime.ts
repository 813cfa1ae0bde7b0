import type { Finding } from '../../../src-main/contract/index.ts';
import { openDialog } from '../../state/actions.ts';
import { copyText } from '../../state/clipboard.ts';
import { act, toast } from '../../state/session.ts';

/** Takes OpenVINO from this folder, or from wherever it is found. */
export async function takeRuntime(folder: string | null): Promise<void> {
  if (await act('engine.useRuntime', { folder }))
    toast('The engine starts again. Your queue goes on where it was.');
}

export async function chooseRuntime(): Promise<void> {
  const [folder] = (await openDialog('runtimeFolder')).handles;
  if (folder) await takeRuntime(folder.id);
}

export const findingWords = { good: 'Good', warning: 'Look here', missing: 'Missing' } as const;

/** Puts what was found on this machine on the clipboard; it is looked for where it isn't given. */
export async function copyHealth(known?: readonly Finding[]): Promise<void> {
  const findings = known ?? (await act('engine.doctor', {}))?.findings;
  if (!findings) return;
  const lines = findings.map(
    ({ topic, state, message, hint }) => `${findingWords[state]}: ${topic}: ${message} ${hint ?? ''}`,
  );
  await copyText(lines.join('\n'), 'Copied');
}
