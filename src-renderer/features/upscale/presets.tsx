import { type FormEvent, useState } from 'react';
import { create } from 'zustand';
import type { UpscaleSettings } from '../../../src-main/contract/index.ts';
import { changeSettings, toast, useSession } from '../../state/session.ts';
import { DropdownMenu, type MenuItems } from '../../ui/menu.tsx';
import { Button, Dialog, Field } from '../../ui/parts.tsx';
import { scaleText } from './words.ts';

interface PresetsProps {
  readonly value: UpscaleSettings;
  readonly onChoose: (settings: UpscaleSettings) => void;
}

const useNaming = create(() => ({ isOpen: false }));

/** Asks for a name to save the choices under. */
export const nameChoices = (): void => useNaming.setState({ isOpen: true });

/** Choices that were saved by name. */
export function Presets({ value, onChoose }: PresetsProps) {
  const presets = useSession((state) => state.settings?.presets) ?? [];
  const naming = useNaming((state) => state.isOpen);
  const setNaming = (isOpen: boolean): void => useNaming.setState({ isOpen });
  const [name, setName] = useState('');
  const active = presets.find(({ settings }) => JSON.stringify(settings) === JSON.stringify(value));

  const remove = (): void => {
    if (!active) return;
    changeSettings({ presets: presets.filter((preset) => preset !== active) });
    toast(`Preset “${active.name}” deleted`, {
      action: { label: 'Undo', run: () => changeSettings({ presets }) },
    });
  };
  const save = (event: FormEvent): void => {
    event.preventDefault();
    const others = presets.filter((preset) => preset.name !== name.trim());
    changeSettings({ presets: [...others, { name: name.trim(), settings: value }] });
    setNaming(false);
    setName('');
  };
  const items: MenuItems = [
    ...presets.map((preset) => ({
      label: preset.name,
      shortcut: scaleText(preset.settings),
      run: () => onChoose(preset.settings),
    })),
    ...(presets.length > 0 ? (['line'] as const) : []),
    { label: 'Save these choices', run: nameChoices },
    ...(active ? [{ label: `Delete “${active.name}”`, run: remove }] : []),
  ];
  return (
    <>
      <DropdownMenu items={items}>
        <Button kind="bare" className="preset" title={active?.name}>
          <span className="clip" dir="auto">
            {active ? active.name : 'Presets'}
          </span>
        </Button>
      </DropdownMenu>
      {naming && (
        <Dialog title="Save a preset" onClose={() => setNaming(false)}>
          <form className="stack" onSubmit={save}>
            <h1>Save a preset</h1>
            <Field label="Name" hint="A preset of the same name is replaced.">
              {(id) => (
                <input
                  id={id}
                  className="input"
                  value={name}
                  maxLength={60}
                  autoFocus
                  onChange={(event) => setName(event.target.value)}
                />
              )}
            </Field>
            <div className="row end">
              <Button onClick={() => setNaming(false)}>Cancel</Button>
              <Button kind="primary" type="submit" disabled={name.trim() === ''}>
                Save
              </Button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}
