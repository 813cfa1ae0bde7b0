import { clsx } from 'clsx';
import {
  type ComponentProps,
  type ReactNode,
  type RefObject,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import { createPortal } from 'react-dom';
import { forgetDialogProblem, useDialogProblem } from './dialog-problem.ts';
import { giveFocusBack, openerOf } from './focus.ts';

interface ButtonProps extends ComponentProps<'button'> {
  readonly kind?: 'primary' | 'bare' | undefined;
}

export function Button({ kind, className, ...rest }: ButtonProps) {
  return <button type="button" className={clsx('button', kind, className)} {...rest} />;
}

/** A button that shows only a sign; its name is for pointers that rest and for screen readers. */
export function IconButton({ label, className, ...rest }: ButtonProps & { readonly label: string }) {
  return (
    <Button kind="bare" className={clsx('icon', className)} aria-label={label} title={label} {...rest} />
  );
}

interface SegmentedProps<Value extends string> {
  readonly label: string;
  readonly value: Value | null;
  readonly options: ReadonlyArray<readonly [value: Value, text: string]>;
  readonly onChange: (value: Value) => void;
}

/** One of a few, all in sight: a group of radio buttons. */
export function Segmented<Value extends string>({ label, value, options, onChange }: SegmentedProps<Value>) {
  const name = useId();
  return (
    <div className="segmented" role="radiogroup" aria-label={label}>
      {options.map(([option, text]) => (
        <label key={option} className={clsx(option === value && 'on')}>
          <input
            type="radio"
            name={name}
            checked={option === value}
            onChange={() => onChange(option)}
            aria-label={text}
          />
          <span aria-hidden>{text}</span>
        </label>
      ))}
    </div>
  );
}

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly children: (id: string) => ReactNode;
}

export function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label className="label" htmlFor={id}>
        {label}
      </label>
      {children(id)}
      {hint && <div className="hint">{hint}</div>}
    </div>
  );
}

interface SelectProps<Value extends string> {
  readonly id?: string;
  readonly label?: string;
  readonly value: Value;
  readonly options: ReadonlyArray<readonly [value: Value, text: string]>;
  readonly onChange: (value: Value) => void;
}

/** The system's own list of choices. `label` where no visible label names it. */
export function Select<Value extends string>({ id, label, value, options, onChange }: SelectProps<Value>) {
  return (
    <select
      id={id}
      className="select"
      aria-label={label}
      value={value}
      onChange={(event) => {
        const chosen = options.find(([option]) => option === event.target.value);
        if (chosen) onChange(chosen[0]);
      }}
    >
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  );
}

interface CheckProps {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly children: ReactNode;
}

export function Check({ checked, onChange, children }: CheckProps) {
  return (
    <label className="check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      <span>{children}</span>
    </label>
  );
}

/** @param value 0..1 */
export function Progress({ value, label }: { readonly value: number; readonly label: string }) {
  const percent = Math.round(value * 1000) / 10;
  return (
    <div
      className="progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(percent)}
    >
      <div style={{ width: `${percent}%` }} />
    </div>
  );
}

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly className?: string;
  readonly children: ReactNode;
}

/** The browser's own modal dialog: it keeps the focus inside, and Escape closes it. */
export function Dialog({ title, onClose, className, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const [opener] = useState(openerOf);
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) dialog.showModal?.();
    // Older Chromium gives the focus to what only scripts may focus, such as the palette's list.
    if (dialog && document.activeElement instanceof HTMLElement && document.activeElement.tabIndex < 0)
      dialog.querySelector<HTMLElement>('input, select, textarea, button')?.focus();
    useDialogProblem.setState(({ open }) => ({ open: open + 1, problem: null }));
    return () => {
      useDialogProblem.setState(({ open }) => ({ open: open - 1, problem: null }));
      giveFocusBack(opener);
    };
  }, [opener]);
  return (
    <dialog
      ref={ref}
      className={clsx('dialog', className)}
      aria-label={title}
      onClose={onClose}
      onClick={(event) => event.target === ref.current && onClose()}
      onKeyDown={(event) => event.stopPropagation()}
      onInput={forgetDialogProblem}
    >
      {children}
      <Problem dialog={ref} />
    </dialog>
  );
}

/** What went wrong: below the field where there is only one, else at the dialog's end. */
function Problem({ dialog }: { readonly dialog: RefObject<HTMLDialogElement | null> }) {
  const problem = useDialogProblem((state) => state.problem);
  if (problem === null) return null;
  const [field, ...others] = dialog.current?.querySelectorAll('.field') ?? [];
  const text = (
    <p className="dialog-problem" role="alert">
      {problem}
    </p>
  );
  return field && others.length === 0 ? createPortal(text, field) : text;
}

interface RangeProps {
  readonly id: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly step?: number;
  readonly disabled?: boolean;
  readonly onChange: (value: number) => void;
}

/** A number that is pulled; its label says it. */
export function Range({ id, value, least, most, step = 1, disabled = false, onChange }: RangeProps) {
  return (
    <input
      id={id}
      className="range"
      type="range"
      min={least}
      max={most}
      step={step}
      value={value}
      disabled={disabled}
      onChange={(event) => onChange(event.target.valueAsNumber)}
    />
  );
}

interface NumberInputProps {
  readonly id?: string;
  /** Where no visible label names it. */
  readonly label?: string;
  readonly value: number;
  readonly least?: number;
  readonly most?: number;
  readonly onChange: (value: number) => void;
}

/** A number that counts when it is finished: at Enter or when the field is left. What makes no sense goes back. */
export function NumberInput({ id, label, value, least = 1, most = 1e9, onChange }: NumberInputProps) {
  const [text, setText] = useState(String(value));
  useEffect(() => setText(String(value)), [value]);
  const finish = (): void => {
    const number = Number(text);
    if (text.trim() !== '' && number >= least && number <= most) onChange(number);
    else setText(String(value));
  };
  return (
    <input
      id={id}
      className="input numeric"
      type="number"
      aria-label={label}
      min={least}
      max={most}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={finish}
      onKeyDown={(event) => event.key === 'Enter' && finish()}
    />
  );
}
