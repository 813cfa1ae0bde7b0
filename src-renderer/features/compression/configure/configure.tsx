import { Redo2, Undo2 } from 'lucide-react';
import { type KeyboardEvent, useEffect } from 'react';
import { copyText } from '../../../state/clipboard.ts';
import { useSession } from '../../../state/session.ts';
import { DropdownMenu } from '../../../ui/menu.tsx';
import { Button, IconButton } from '../../../ui/parts.tsx';
import './configure.css';
import { Form } from './form.tsx';
import { JsonEditor } from './json-editor.tsx';
import { LayersTable } from './layers-table.tsx';
import { SaveDialog } from './save-dialog.tsx';
import {
  askWhere,
  beginWith,
  chooseConfig,
  chooseLayers,
  isChanged,
  loadPresets,
  redo,
  save,
  takeLayers,
  undo,
  useEditing,
} from './state.ts';

/** A configuration for JPQD, as a form and as JSON, checked against the rules and a real model while it is written. */
export function Configure() {
  const started = useEditing((state) => state.text !== null);
  useEffect(() => void loadPresets(), []);
  return started ? <Editor /> : <Begin />;
}

function Begin() {
  const presets = useEditing((state) => state.presets);
  return (
    <div className="page begin">
      <h1>Configure a training with JPQD</h1>
      <p className="quiet">
        Every setting is checked while you write it, scopes are tried on the model’s real layers, and the
        schedule is drawn, before hours of training depend on it.
      </p>
      <ul className="plain preset-list">
        {presets.map((preset) => (
          <li key={preset.id}>
            <button type="button" className="preset-card" onClick={() => void beginWith(preset)}>
              <span className="preset-title">{preset.title}</span>
              <span className="quiet">{preset.note}</span>
            </button>
          </li>
        ))}
        <li>
          <button type="button" className="preset-card" onClick={() => void chooseConfig()}>
            <span className="preset-title">Open a file</span>
            <span className="quiet">
              The JSON that NNCF was given, or openvino_config.json of a training.
            </span>
          </button>
        </li>
      </ul>
    </div>
  );
}

function Editor() {
  const editing = useEditing();
  const { text, name, note, file, past, future, view, presets, sourceName, model, isSaving } = editing;
  const native = useSession((state) => state.shell?.native ?? true);
  const allowed = useSession((state) => (state.shell?.allowedFolders.length ?? 0) > 0);
  const errors = view?.fault
    ? 1
    : (view?.findings ?? []).filter(({ severity }) => severity === 'error').length;
  const changed = isChanged(editing);
  const onDisk = native || allowed;
  const press = (event: KeyboardEvent): void => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    const act =
      key === 'z' ? (event.shiftKey ? redo : undo) : key === 'y' ? redo : key === 's' ? save : undefined;
    if (!act) return;
    event.preventDefault();
    void act();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of what is inside.
    <div className="config" onKeyDown={press}>
      <header className="config-head">
        <div className="run-title">
          <h1 className="clip">
            {name}
            {changed && <span className="quiet"> (not saved)</span>}
          </h1>
          <p className="quiet clip" title={note}>
            {file?.handle.location ?? note}
          </p>
        </div>
        <div className="row">
          <IconButton label="Undo" disabled={past.length === 0} onClick={undo}>
            <Undo2 size={16} />
          </IconButton>
          <IconButton label="Redo" disabled={future.length === 0} onClick={redo}>
            <Redo2 size={16} />
          </IconButton>
          <DropdownMenu
            items={[
              ...presets.map((preset) => ({ label: preset.title, run: () => void beginWith(preset) })),
              'line',
              { label: 'Open a file', run: () => void chooseConfig() },
            ]}
          >
            <Button>New</Button>
          </DropdownMenu>
          <Button onClick={() => void copyText(text ?? '', 'JSON copied')}>Copy JSON</Button>
          {file && onDisk && <Button onClick={() => askWhere(true)}>Save as</Button>}
          <Button kind="primary" onClick={() => void save()} disabled={file !== null && !changed}>
            {errors > 0 ? 'Save with errors' : 'Save'}
          </Button>
        </div>
      </header>
      <div className="config-body">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
        <section className="config-form" aria-label="Settings" tabIndex={0}>
          <div className="row spread layer-source">
            <span className="clip" title={model?.note}>
              {model ? `Layers of ${sourceName}` : 'No model to try scopes on'}
            </span>
            <DropdownMenu
              items={[
                { label: 'Folder of an earlier training', run: () => void chooseLayers('runFolder') },
                { label: 'config.json, IR, table or NNCF log', run: () => void chooseLayers('modelLayers') },
                'line',
                ...presets.map(({ id, title }) => ({
                  label: `The model of ${title}`,
                  run: () => void takeLayers({ kind: 'preset', id }, `${title} (the preset’s model)`),
                })),
              ]}
            >
              <Button>{model ? 'Another model' : 'Choose a model'}</Button>
            </DropdownMenu>
          </div>
          <Form />
          <LayersTable />
        </section>
        <JsonEditor />
      </div>
      {isSaving && <SaveDialog onClose={() => askWhere(false)} />}
    </div>
  );
}
