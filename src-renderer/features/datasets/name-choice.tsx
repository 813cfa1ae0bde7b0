import { useEffect, useState } from 'react';
import { Check } from '../../ui/parts.tsx';
import { number } from './words.ts';

/** Names of the set that are put into options. */
export interface Names {
  readonly classes: readonly string[];
  readonly subsets: readonly string[];
}

/** More than these are rather typed. */
const mostNames = 300;

interface NameChoiceProps {
  readonly kind: keyof Names;
  readonly names: readonly string[];
  /** A list of names, or pairs of a name and what it becomes. */
  readonly value: unknown;
  readonly isList: boolean;
  /** Whether what a name becomes is a number. */
  readonly isNumber: boolean;
  /** Whether a name can become nothing. */
  readonly canDelete: boolean;
  readonly onChange: (value: unknown) => void;
}

/** The set's own names, to choose among or to give each what it becomes, instead of typing them. */
export function NameChoice({ kind, names, value, isList, ...rest }: NameChoiceProps) {
  const chosen = Array.isArray(value)
    ? value.length
    : Object.keys((value as object | undefined) ?? {}).length;
  const [open, setOpen] = useState(chosen === 0);
  if (names.length === 0 || names.length > mostNames) return null;
  const of = kind === 'classes' ? 'classes' : 'splits';
  return (
    <details className="name-choice" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {isList ? 'Choose among' : 'Set it for each of'} the {number(names.length)} {of}
      </summary>
      {open &&
        (isList ? (
          <Checks names={names} value={(value as readonly string[] | undefined) ?? []} {...rest} />
        ) : (
          <Rows names={names} value={(value as Pairs | undefined) ?? {}} {...rest} />
        ))}
    </details>
  );
}

type Part = Pick<NameChoiceProps, 'names' | 'onChange'>;

function Checks({ names, value, onChange }: Part & { readonly value: readonly string[] }) {
  return (
    <ul className="plain name-checks">
      {names.map((name) => (
        <li key={name}>
          <Check
            checked={value.includes(name)}
            onChange={(checked) => {
              const next = checked ? [...value, name] : value.filter((other) => other !== name);
              onChange(next.length === 0 ? undefined : next);
            }}
          >
            <bdi>{name}</bdi>
          </Check>
        </li>
      ))}
    </ul>
  );
}

type Pairs = Readonly<Record<string, string | number | null>>;

interface RowsProps extends Part, Pick<NameChoiceProps, 'isNumber' | 'canDelete'> {
  readonly value: Pairs;
}

function Rows({ names, value, isNumber, canDelete, onChange }: RowsProps) {
  const change = (name: string, to: string | number | null | undefined): void => {
    const pairs = { ...value };
    delete pairs[name];
    if (to !== undefined) pairs[name] = to;
    onChange(Object.keys(pairs).length === 0 ? undefined : pairs);
  };
  return (
    <ul className="plain name-rows">
      {names.map((name) => {
        const to = Object.hasOwn(value, name) ? value[name] : undefined;
        const isGone = to === null || to === '';
        return (
          <li key={name}>
            <bdi className="clip" title={name}>
              {name}
            </bdi>
            <Row
              name={name}
              to={isGone ? '' : String(to ?? '')}
              isNumber={isNumber}
              disabled={isGone}
              onChange={(text) => change(name, text === '' ? undefined : isNumber ? Number(text) : text)}
            />
            {canDelete && (
              <Check checked={isGone} onChange={(gone) => change(name, gone ? null : undefined)}>
                Delete<span className="hidden-visually"> {name}</span>
              </Check>
            )}
          </li>
        );
      })}
    </ul>
  );
}

interface RowProps {
  readonly name: string;
  readonly to: string;
  readonly isNumber: boolean;
  readonly disabled: boolean;
  readonly onChange: (text: string) => void;
}

/** What a name becomes; it counts when it is finished. */
function Row({ name, to, isNumber, disabled, onChange }: RowProps) {
  const [text, setText] = useState(to);
  useEffect(() => setText(to), [to]);
  const finish = (): void => {
    if (text.trim() !== to) onChange(text.trim());
  };
  return (
    <input
      className={isNumber ? 'input numeric' : 'input'}
      aria-label={isNumber ? `How many of ${name}` : `New name of ${name}`}
      placeholder={isNumber || disabled ? '' : name}
      type={isNumber ? 'number' : 'text'}
      min={0}
      dir="auto"
      spellCheck={false}
      disabled={disabled}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={finish}
      onKeyDown={({ key }) => key === 'Enter' && finish()}
    />
  );
}
