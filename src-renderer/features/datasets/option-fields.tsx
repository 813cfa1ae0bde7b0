import { useEffect, useState } from 'react';
import { Check, Field, NumberInput, Select } from '../../ui/parts.tsx';
import { titleOf } from './words.ts';

type Options = Readonly<Record<string, unknown>>;

/** The part of JSON Schema that options use. */
interface OptionSchema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: OptionSchema;
  readonly additionalProperties?: OptionSchema | boolean;
  readonly anyOf?: readonly OptionSchema[];
}

interface OptionFieldsProps {
  readonly schema: Readonly<Record<string, unknown>>;
  readonly value: Options;
  readonly onChange: (value: Options) => void;
}

/** A form for the options of a change, made from their schema. */
export function OptionFields({ schema, value, onChange }: OptionFieldsProps) {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, OptionSchema>>;
  return (
    <div className="option-fields">
      {Object.entries(properties).map(([name, own]) => (
        <Option
          key={name}
          name={name}
          schema={own}
          value={value[name] ?? own.default}
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
  readonly onChange: (value: unknown) => void;
}

function Option({ name, schema, value, onChange }: OptionProps) {
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
  if (schema.type === 'number' || schema.type === 'integer') {
    return (
      <Field label={label} hint={hint}>
        {(id) => (
          <NumberInput
            id={id}
            value={typeof value === 'number' ? value : 0}
            least={schema.minimum ?? 0}
            most={schema.maximum ?? 1e9}
            onChange={(number) => onChange(schema.type === 'integer' ? Math.round(number) : number)}
          />
        )}
      </Field>
    );
  }
  return <TextOption name={label} hint={hint} schema={schema} value={value} onChange={onChange} />;
}

/** Texts, lists (`cat, dog`) and pairs (`train = 0.8, val = 0.2`), which count when they are finished. */
function TextOption(props: OptionProps & { readonly hint: string }) {
  const { schema, value } = props;
  const shown = written(value);
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  const finish = (): void => {
    if (text !== shown) props.onChange(parsed(text, schema));
  };
  const form = schema.type === 'object' ? 'name = value, …' : schema.type === 'array' ? 'one, two, …' : '';
  return (
    <Field label={props.name} hint={[props.hint, form].filter(Boolean).join('; ')}>
      {(id) => (
        <input
          id={id}
          className="input mono"
          value={text}
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
          onBlur={finish}
          onKeyDown={(event) => event.key === 'Enter' && finish()}
        />
      )}
    </Field>
  );
}

function written(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, to]) => `${name} = ${to ?? ''}`)
      .join(', ');
  }
  return value === undefined || value === null ? '' : String(value);
}

function parsed(text: string, schema: OptionSchema): unknown {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  if (schema.type === 'array') return parts;
  if (schema.type !== 'object') return text.trim() === '' ? undefined : text;
  const values = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
  return Object.fromEntries(
    parts.map((part) => {
      const equals = part.indexOf('=');
      const name = (equals < 0 ? part : part.slice(0, equals)).trim();
      const to = equals < 0 ? '' : part.slice(equals + 1).trim();
      if (values.type === 'number') return [name, Number(to)];
      return [name, to === '' && values.anyOf ? null : to];
    }),
  );
}
