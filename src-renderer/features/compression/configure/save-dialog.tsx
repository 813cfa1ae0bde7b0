import { type FormEvent, useState } from 'react';
import type { FileHandle } from '../../../../src-main/contract/index.ts';
import { chooseFolder } from '../../../app/choose-folder.ts';
import { useSession } from '../../../state/session.ts';
import { Button, Check, Dialog, Field } from '../../../ui/parts.tsx';
import { saveTo, useEditing } from './state.ts';

/** Asks where a configuration goes. What has the name already is only replaced when that is asked for. */
export function SaveDialog({ onClose }: { readonly onClose: () => void }) {
  const { name: before, refused } = useEditing();
  const native = useSession((state) => state.shell?.native ?? true);
  const [name, setName] = useState(before);
  const [folder, setFolder] = useState<FileHandle | null>(null);
  const [overwrite, setOverwrite] = useState(false);
  const close = (): void => {
    useEditing.setState({ refused: null });
    onClose();
  };
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (folder && (await saveTo({ kind: 'new', folder: folder.id, name: name.trim(), overwrite }))) close();
  };
  return (
    <Dialog title="Save the configuration" onClose={close}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <h1>Save the configuration</h1>
        {refused && (
          <p className="state-failed" role="alert">
            {refused.message} {refused.hint}
          </p>
        )}
        <Field label="Name">
          {(id) => (
            <input
              id={id}
              className="input"
              value={name}
              maxLength={200}
              spellCheck={false}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <div className="field">
          <span className="label">Folder</span>
          <div className="row spread">
            <span className="clip">{folder?.location ?? 'None yet'}</span>
            <Button
              onClick={() =>
                void chooseFolder('outputFolder', ({ handles: [chosen] }) => {
                  if (chosen?.kind === 'folder') setFolder(chosen);
                })
              }
            >
              {native ? 'Choose a folder' : 'Name a folder'}
            </Button>
          </div>
        </div>
        <Check checked={overwrite} onChange={setOverwrite}>
          Replace a file of this name
        </Check>
        <div className="row end">
          <Button onClick={close}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={!folder || name.trim() === '' || /[/\\]/.test(name)}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
