import { type FormEvent, useState } from 'react';
import { create } from 'zustand';
import type { AdmitResult } from '../../src-main/contract/index.ts';
import { act, useSession } from '../state/session.ts';
import { Button, Dialog, Field } from '../ui/parts.tsx';

const useOpen = create<{ readonly take: ((admitted: AdmitResult) => void) | null }>(() => ({ take: null }));

/** Web mode: asks for a file or folder on the server, below those that its owner allowed. */
export function openServerPath(take: (admitted: AdmitResult) => void): void {
  useOpen.setState({ take });
}

export function ServerPath() {
  const { take } = useOpen();
  const folders = useSession((state) => state.shell?.allowedFolders) ?? [];
  const [path, setPath] = useState('');
  const close = (): void => useOpen.setState({ take: null });
  if (!take) return null;

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const admitted = await act('files.admitAllowed', { path });
    if (!admitted) return;
    close();
    take(admitted);
  };
  return (
    <Dialog title="Add from the server" onClose={close}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <h1>Add from the server</h1>
        <Field label="File or folder" hint={`Allowed: ${folders.join(', ')}, and everything below.`}>
          {(id) => (
            <input
              id={id}
              className="input mono"
              value={path}
              autoFocus
              onChange={(event) => setPath(event.target.value)}
            />
          )}
        </Field>
        <div className="row end">
          <Button onClick={close}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={path.trim() === ''}>
            Add
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
