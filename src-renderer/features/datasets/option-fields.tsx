import { type ReactNode, useEffect, useId, useState } from 'react';
import { Check, Field, Select } from '../../ui/parts.tsx';
import { listIn, listText, pairsIn, pairsText } from './lists.ts';
import { NameChoice, type Names } from './name-choice.tsx';
import { number, titleOf } from './words.ts';

type Options = Readonly<Record<string, unknown>>;

/** The part of JSON Schema that options use. */
interface OptionSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: OptionSchema;
  readonly additionalProperties?: OptionSchema | boolean;
  /** Of what its names are, where they are the set's own. */
  readonly names?: keyof Names;
}

interface OptionFieldsProps {
  readonly schema: Readonly<Record<string, unknown>>;
  readonly value: Options;
  /** What can be chosen from. */
  readonly names: Names;
  /** Whether to say what is missing where nobody has been yet, too. */
  readonly tried: boolean;
  readonly onChange: (value: Options) => void;
  /** A field was left, whether or not anything was written into it. */
  readonly onTouch: () => void;
}

/** Options that a change can't do without. */
const requiredOf = (schema: OptionFieldsProps['schema']): readonly string[] =>
  (schema['required'] as readonly string[] | undefined) ?? [];

/** Whether a change has all options that it can't do without. */
export const isComplete = (schema: OptionFieldsProps['schema'], value: Options): boolean =>
  requiredOf(schema).every((name) => value[name] !== undefined);

/** A form for the options of a change, made from their schema. */
export function OptionFields({ schema, value, names, tried, onChange, onTouch }: OptionFieldsProps) {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, OptionSchema>>;
  const required = requiredOf(schema);
  return (
    <div className="option-fields">
      {Object.entries(properties).map(([name, own]) => (
        <Option
          key={name}
          name={name}
          schema={own}
          value={value[name] ?? own.default}
          required={required.includes(name)}
          names={names}
          tried={tried}
          onTouch={onTouch}
          onChange={(next) => {
            const { [name]: _, ...others } = value;
            onChange(next === undefined ? others : { ...others, [name]: next });
          }}
        />
      ))}
    </div>
  );
}

interface OptionProps {
  readonly name: string;
  readonly schema: OptionSchema;
  readonly value: unknown;
  readonly required: boolean;
  readonly names: Names;
  readonly tried: boolean;
  readonly onChange: (value: unknown) => void;
  readonly onTouch: () => void;
}

function Option(props: OptionProps) {
  const { name, schema, value, onChange } = props;
  const label = titleOf(name);
  const hint = schema.description ?? '';
  if (schema.type === 'boolean') {
    return (
      <Check checked={value === true} onChange={onChange}>
        {label}
        {hint && <span className="quiet">, {hint}</span>}
      </Check>
    );
  }
  if (schema.enum) {
    return (
      <Field label={label} hint={hint}>
        {(id) => (
          <Select
            id={id}
            value={String(value ?? schema.enum?.[0])}
            options={(schema.enum ?? []).map((word) => [word, word] as const)}
            onChange={onChange}
          />
        )}
      </Field>
    );
  }
  if (isNumeric(schema)) return <NumberOption {...props} />;
  if (schema.names === undefined) return <TextOption {...props} />;
  const values = valuesOf(schema);
  return (
    <>
      <TextOption {...props} />
      <NameChoice
        kind={schema.names}
        names={props.names[schema.names]}
        value={value}
        isList={schema.type === 'array'}
        isNumber={isNumeric(values)}
        canDelete={isNullable(values)}
        onChange={onChange}
      />
    </>
  );
}

const isNumeric = ({ type }: OptionSchema): boolean => type === 'number' || type === 'integer';

const isNullable = ({ type }: OptionSchema): boolean => Array.isArray(type) && type.includes('null');

/** A number that counts when it is finished; one that can't be stays as it was written, with what is wrong. */
function NumberOption(props: OptionProps) {
  const { schema, value, required } = props;
  const shown = typeof value === 'number' ? String(value) : '';
  const least = schema.minimum ?? 0;
  const most = schema.maximum ?? 1e9;
  const read = (text: string): number | undefined => {
    if (text.trim() === '') return undefined;
    const given = schema.type === 'integer' ? Math.round(Number(text)) : Number(text);
    return given >= least && given <= most ? given : Number.NaN;
  };
  const range =
    most < 1e9 && least > -1e9
      ? ` from ${number(least)} to ${number(most)}`
      : least > -1e9
        ? `, ${number(least)} or more`
        : '';
  return (
    <Written
      {...props}
      shown={shown}
      form=""
      wrong={(text) => {
        if (Number.isNaN(read(text))) return `needs a number${range}`;
        return required && text.trim() === '' ? 'needs a number' : null;
      }}
      onFinish={(text) => {
        const given = read(text);
        // One that can be left out goes back to what it is without it.
        if (!Number.isNaN(given)) props.onChange(given);
      }}
    >
      {(own) => <input {...own} className="input numeric" type="number" min={least} max={most} step="any" />}
    </Written>
  );
}

/** Texts, lists (`cat, dog`) and pairs (`train = 0.8, val = 0.2`), which count when they are finished. */
function TextOption(props: OptionProps) {
  const { schema, value, required } = props;
  const form = schema.type === 'object' ? 'name = value, …' : schema.type === 'array' ? 'one, two, …' : '';
  const what =
    schema.type === 'object'
      ? 'at least one pair'
      : schema.type === 'array'
        ? 'at least one entry'
        : 'a text';
  return (
    <Written
      {...props}
      shown={written(value)}
      form={form}
      wrong={(text) => (required && text.trim() === '' ? `needs ${what}` : null)}
      onFinish={(text) => props.onChange(text.trim() === '' ? undefined : parsed(text, schema))}
    >
      {(own) => <input {...own} className="input mono" spellCheck={false} />}
    </Written>
  );
}

interface InputProps {
  readonly id: string;
  readonly value: string;
  readonly 'aria-required': boolean;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string | undefined;
  readonly onChange: (event: { readonly target: { readonly value: string } }) => void;
  readonly onBlur: () => void;
  readonly onKeyDown: (event: { readonly key: string }) => void;
}

interface WrittenProps extends OptionProps {
  /** The value as a text. */
  readonly shown: string;
  readonly form: string;
  /** What is wrong with a text, to be said after the name of the field; null if nothing is. */
  readonly wrong: (text: string) => string | null;
  readonly onFinish: (text: string) => void;
  readonly children: (own: InputProps) => ReactNode;
}

/** A field that says what is wrong once it was left. */
function Written({ name, schema, required, tried, shown, form, wrong, ...props }: WrittenProps) {
  const [text, setText] = useState(shown);
  const [left, setLeft] = useState(false);
  const messageId = useId();
  useEffect(() => setText(shown), [shown]);
  const finish = (): void => {
    setLeft(true);
    props.onTouch();
    if (text !== shown) props.onFinish(text);
  };
  const label = titleOf(name);
  const message = left || tried ? wrong(text) : null;
  const hint = [schema.description, form, required && 'required'].filter(Boolean).join('; ');
  return (
    <Field
      label={label}
      hint={
        <>
          {message && (
            <span id={messageId} className="option-message state-failed" role="alert">
              {label} {message}
            </span>
          )}
          {hint}
        </>
      }
    >
      {(id) =>
        props.children({
          id,
          value: text,
          'aria-required': required,
          'aria-invalid': message !== null,
          'aria-describedby': message === null ? undefined : messageId,
          onChange: (event) => setText(event.target.value),
          onBlur: finish,
          onKeyDown: ({ key }) => key === 'Enter' && finish(),
        })
      }
    </Field>
  );
}

function written(value: unknown): string {
  if (Array.isArray(value)) return listText(value.map(String));
  if (typeof value === 'object' && value !== null) {
    return pairsText(Object.entries(value).map(([name, to]) => [name, String(to ?? '')]));
  }
  return value === undefined || value === null ? '' : String(value);
}

function parsed(text: string, schema: OptionSchema): unknown {
  if (schema.type === 'array') {
    const entries = listIn(text);
    return isNumeric(schema.items ?? {}) ? entries.map(Number) : entries;
  }
  if (schema.type !== 'object') return text;
  const values = valuesOf(schema);
  return Object.fromEntries(
    pairsIn(text).map(([name, to]) => {
      if (isNumeric(values)) return [name, Number(to)];
      return [name, to === '' && isNullable(values) ? null : to];
    }),
  );
}

/** What the names of pairs become. */
const valuesOf = ({ additionalProperties: of }: OptionSchema): OptionSchema =>
  typeof of === 'object' ? of : {};
