import { Plus, X } from 'lucide-react';
import { useId, useState } from 'react';
import { count } from '../../../ui/format.ts';
import { Button, Dialog, IconButton } from '../../../ui/parts.tsx';
import { type ConfigPath, pathText } from './config-text.ts';
import { Problems, useFindings } from './fields.tsx';
import { change, useEditing } from './state.ts';
import { moduleText, operationText } from './words.ts';

interface ScopesFieldProps {
  readonly path: ConfigPath;
  readonly label: string;
  readonly value: unknown;
  /** What they match: quantization works on operations, of which not all are known here. */
  readonly of?: Kind;
}

type Kind = 'layers' | 'operations';

const words = {
  layers: {
    one: 'layer',
    none: 'Matches no linear layer',
    pick: 'Pick layers',
    find: 'Find layers by name',
    single: 'One layer',
    unknown: 'No layer has this in its name.',
  },
  operations: {
    one: 'operation',
    none: 'Matches no operation that is known here',
    pick: 'Pick operations',
    find: 'Find operations by name',
    single: 'One operation',
    unknown: 'No operation that is known here has this in its name.',
  },
} as const;

/** Scopes, each with what it matches of the model's real layers; picked from their names, or typed. */
export function ScopesField({ path, label, value, of = 'layers' }: ScopesFieldProps) {
  const id = useId();
  const [picking, setPicking] = useState(false);
  const findings = useFindings(path);
  const known = useEditing((state) => state.model !== null);
  const list = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : [];
  const write = (next: readonly string[]): void =>
    change(path, next.length === 0 ? undefined : next.length === 1 && !Array.isArray(value) ? next[0] : next);
  return (
    <fieldset className="scopes">
      <legend className="label">{label}</legend>
      {list.map((pattern, index) => (
        <Scope
          // biome-ignore lint/suspicious/noArrayIndexKey: a scope is its place, and is edited there.
          key={index}
          path={Array.isArray(value) ? [...path, index] : path}
          own={Array.isArray(value)}
          label={`${label}, scope ${index + 1}`}
          pattern={pattern}
          of={of}
          onChange={(next) => write(list.map((other, place) => (place === index ? next : other)))}
          onRemove={() => write(list.filter((_, place) => place !== index))}
        />
      ))}
      <Problems id={`${id}-problems`} findings={findings} />
      <div className="row">
        <Button onClick={() => (known ? setPicking(true) : write([...list, '{re}.*']))}>
          <Plus size={14} aria-hidden /> {known ? words[of].pick : 'Add a scope'}
        </Button>
      </div>
      {picking && (
        <ScopePicker
          of={of}
          onClose={() => setPicking(false)}
          onPick={(pattern) => {
            if (!list.includes(pattern)) write([...list, pattern]);
            setPicking(false);
          }}
        />
      )}
    </fieldset>
  );
}

interface ScopeProps {
  readonly path: ConfigPath;
  /** Whether the path is of this scope alone, and not of the field. */
  readonly own: boolean;
  readonly label: string;
  readonly pattern: string;
  readonly of: Kind;
  readonly onChange: (pattern: string) => void;
  readonly onRemove: () => void;
}

function Scope({ path, own, label, pattern, of, onChange, onRemove }: ScopeProps) {
  const id = useId();
  const findings = useFindings(path);
  const match = useEditing((state) => state.view?.scopes.find((scope) => scope.path === pathText(path)));
  const model = useEditing((state) => state.model);
  const faulty = own && findings.some(({ severity }) => severity === 'error');
  // What is left out may be no layer.
  const isLayer = model?.layers.some(({ name }) => name === match?.layers[0]);
  const kind = isLayer ? of : 'operations';
  return (
    <div className="scope">
      <div className="row">
        <input
          className="input mono"
          aria-label={label}
          aria-invalid={faulty}
          aria-describedby={`${id}-problems`}
          spellCheck={false}
          value={pattern}
          onChange={(event) => onChange(event.target.value)}
        />
        <IconButton label={`Take out ${pattern}`} onClick={onRemove}>
          <X size={14} />
        </IconButton>
      </div>
      {own && <Problems id={`${id}-problems`} findings={findings} />}
      {model && match && !match.fault && (
        <details>
          <summary className={match.layers.length === 0 && of === 'layers' ? 'state-warning' : 'quiet'}>
            {match.layers.length === 0
              ? words[of].none
              : `Matches ${count(match.layers.length, words[kind].one)}`}
          </summary>
          <ul className="plain mono scope-matches">
            {match.layers.map((name) => (
              <li key={name} title={name}>
                {textOf(name, kind)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

const textOf = (name: string, of: Kind): string => (of === 'layers' ? moduleText(name) : operationText(name));

interface ScopePickerProps {
  readonly of: Kind;
  readonly onPick: (pattern: string) => void;
  readonly onClose: () => void;
}

/** Groups that names have in common, and single layers, to choose from. */
function ScopePicker({ of, onPick, onClose }: ScopePickerProps) {
  const model = useEditing((state) => state.model);
  const [wanted, setWanted] = useState('');
  const text = wanted.trim().toLowerCase();
  const suggested = of === 'layers' ? model?.suggestions : model?.operationSuggestions;
  const groups = (suggested ?? []).filter(({ pattern }) => pattern.toLowerCase().includes(text));
  const shapes = new Map(model?.layers.map(({ name, shape }) => [name, shape.join(' × ')]));
  const names = of === 'layers' ? [...shapes.keys()] : (model?.operations ?? []);
  const single = names.filter((name) => `${name} ${textOf(name, of)}`.toLowerCase().includes(text));
  return (
    <Dialog title={words[of].pick} onClose={onClose} className="wide">
      <div className="stack">
        <h1>{words[of].pick}</h1>
        <p className="quiet">{model?.note}</p>
        <input
          className="input"
          type="search"
          placeholder={words[of].find}
          aria-label={words[of].find}
          value={wanted}
          autoFocus
          onChange={(event) => setWanted(event.target.value)}
        />
        <section className="pick-list" aria-label={words[of].pick}>
          {groups.length > 0 && <h2>Several at once</h2>}
          {groups.map(({ pattern, count: number }) => (
            <button key={pattern} type="button" onClick={() => onPick(pattern)}>
              <span className="mono clip">{pattern}</span>
              <span className="quiet numeric">{count(number, words[of].one)}</span>
            </button>
          ))}
          {single.length > 0 && <h2>{words[of].single}</h2>}
          {single.map((name) => (
            <button key={name} type="button" title={name} onClick={() => onPick(name)}>
              <span className="mono clip">{textOf(name, of)}</span>
              <span className="quiet numeric">{shapes.get(name)}</span>
            </button>
          ))}
          {groups.length + single.length === 0 && <p className="quiet">{words[of].unknown}</p>}
        </section>
        <div className="row end">
          <Button onClick={() => onPick('{re}.*')}>Write one myself</Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </div>
    </Dialog>
  );
}
