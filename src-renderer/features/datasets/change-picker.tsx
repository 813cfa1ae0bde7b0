import { Command } from 'cmdk';
import type { DatasetTransform } from '../../../src-main/contract/index.ts';
import { Dialog } from '../../ui/parts.tsx';
import { byWords } from '../../ui/search.ts';
import { addChange, subjects, useChanges, wordsOf } from './changes.ts';
import { titleOf } from './words.ts';

const close = (): void => useChanges.setState({ choosing: false });

/** All changes with what each does, by what they are about; found by their names, in Datumaro's words as well. */
export function ChangePicker() {
  const { known, choosing } = useChanges();
  if (!choosing) return null;
  return (
    <Dialog title="Add a change" className="palette" onClose={close}>
      <Command label="Changes" loop filter={byWords}>
        <Command.Input className="palette-input" placeholder="What is to be changed" autoFocus />
        <Command.List className="palette-list" label="Changes">
          <Command.Empty className="palette-empty">No change of that name.</Command.Empty>
          {subjects.map(([subject, heading]) => (
            <Command.Group key={subject} heading={heading}>
              {known
                .filter(({ about }) => about === subject)
                .map((transform) => (
                  <Entry key={transform.name} transform={transform} heading={heading} />
                ))}
            </Command.Group>
          ))}
        </Command.List>
      </Command>
    </Dialog>
  );
}

function Entry({ transform, heading }: { readonly transform: DatasetTransform; readonly heading: string }) {
  const { name, description } = transform;
  return (
    <Command.Item
      value={name}
      keywords={[titleOf(name), heading, wordsOf(transform)]}
      onSelect={() => addChange(name)}
    >
      <span className="change-entry">
        <span>{titleOf(name)}</span>
        <span className="quiet">{description}</span>
      </span>
    </Command.Item>
  );
}
