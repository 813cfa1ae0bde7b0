import { clsx } from 'clsx';
import { type ReactNode, useEffect, useId, useState } from 'react';
import { Check } from '../../../ui/parts.tsx';
import { type ConfigPath, pathText } from './config-text.ts';
import { change, useEditing } from './state.ts';

/** What the rules say of the value at a path, or of what is in it. */
export function useFindings(path: ConfigPath, inside = false) {
  const findings = useEditing((state) => state.view?.findings);
  const text = pathText(path);
  return (findings ?? []).filter(
    (finding) => finding.path === text || (inside && finding.path.startsWith(`${text}[`)),
  );
}

interface ProblemsProps {
  readonly id: string;
  readonly findings: ReturnType<typeof useFindings>;
}

export function Problems({ id, findings }: ProblemsProps) {
  return (
    <div id={id} aria-live="polite">
      {findings.map(({ rule, path, severity, message, change: todo }) => (
        <p
          key={rule + path}
          className={clsx('problem', severity === 'error' ? 'state-failed' : 'state-warning')}
        >
          {message} <span className="quiet">{todo}</span>
        </p>
      ))}
    </div>
  );
}

interface NumberFieldProps {
  readonly path: ConfigPath;
  readonly label: string;
  readonly hint?: ReactNode;
  readonly value: unknown;
  /** What holds when nothing is given. */
  readonly otherwise?: string;
}

/**
 * A number of the configuration. What is no number is written as it was typed: the rules then say what is wrong with it.
 * An empty field takes the setting out.
 */
export function NumberField({ path, label, hint, value, otherwise = '' }: NumberFieldProps) {
  const id = useId();
  const findings = useFindings(path);
  const written = value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  const [text, setText] = useState(written);
  const [active, setActive] = useState(false);
  useEffect(() => {
    if (!active) setText(written);
  }, [written, active]);
  const type = (typed: string): void => {
    setText(typed);
    const trimmed = typed.trim();
    const number = Number(trimmed);
    change(path, trimmed === '' ? undefined : Number.isFinite(number) ? number : typed);
  };
  return (
    <div className="field">
      <label className="label" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        className="input numeric"
        inputMode="decimal"
        autoComplete="off"
        placeholder={otherwise}
        aria-invalid={findings.some(({ severity }) => severity === 'error')}
        aria-describedby={`${id}-problems`}
        value={text}
        onFocus={() => setActive(true)}
        onBlur={() => setActive(false)}
        onChange={(event) => type(event.target.value)}
      />
      {hint && <div className="hint">{hint}</div>}
      <Problems id={`${id}-problems`} findings={findings} />
    </div>
  );
}

interface SwitchFieldProps {
  readonly path: ConfigPath;
  readonly value: unknown;
  readonly otherwise: boolean;
  readonly children: ReactNode;
}

export function SwitchField({ path, value, otherwise, children }: SwitchFieldProps) {
  const id = useId();
  const findings = useFindings(path);
  return (
    <div className="field">
      <Check checked={value === undefined ? otherwise : value === true} onChange={(on) => change(path, on)}>
        {children}
      </Check>
      <Problems id={`${id}-problems`} findings={findings} />
    </div>
  );
}
