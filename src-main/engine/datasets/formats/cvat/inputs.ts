import { child, childrenOf, childText, escapeXml, type XmlElement } from '../../files/xml.ts';
import {
  type Attributes,
  type AttributeValue,
  attributesIn,
  field,
  isRecord,
  noAttributes,
  toRecord,
  without,
} from '../../model/index.ts';

/** The fact of a class that says how its attributes are put in, as JSON with CVAT's names. */
const ofAttributes = 'attributes';

/** Our own element of a class, for facts that CVAT has no element for. Neither CVAT nor Datumaro looks at it. */
const further = 'facts';

/** How an attribute is put in: https://docs.cvat.ai/docs/manual/advanced/xml_format/ */
interface Input {
  readonly name: string;
  readonly mutable: boolean;
  readonly input_type: string;
  readonly default_value: string;
  readonly values: readonly string[];
}

/** How every attribute is put in of which nothing else is known. */
const plainInput: Omit<Input, 'name'> = { mutable: true, input_type: 'text', default_value: '', values: [] };

function inputOf(attribute: XmlElement): Input {
  const text = (name: string): string => childText(attribute, name) ?? '';
  return {
    name: text('name'),
    mutable: text('mutable').toLowerCase() !== 'false',
    input_type: text('input_type') || plainInput.input_type,
    default_value: text('default_value'),
    values: text('values')
      .split(/\r?\n/)
      .filter((value) => value !== ''),
  };
}

const isPlain = (input: Input): boolean =>
  input.mutable && input.input_type === 'text' && input.default_value === '' && input.values.length === 0;

/** What a class says besides its name and those of its attributes. */
export function readLabelFacts(label: XmlElement, declared: readonly XmlElement[]): Attributes {
  const facts = attributesIn(childText(label, further) ?? '') ?? new Map<string, AttributeValue>();
  const inputs = declared.map(inputOf).filter((input) => input.name !== '' && !isPlain(input));
  if (inputs.length > 0) facts.set(ofAttributes, JSON.stringify(inputs));
  return facts;
}

/** The lines of a class's attributes and facts: the inverse of {@link readLabelFacts}. */
export function labelFactLines(names: Iterable<string>, facts: Attributes = noAttributes): string[] {
  const inputs = inputsIn(facts.get(ofAttributes));
  const rest = inputs === null ? facts : without(facts, ofAttributes);
  const lines = ['<attributes>'];
  for (const name of names) lines.push(...inputLines({ ...plainInput, ...inputs?.get(name), name }));
  lines.push('</attributes>');
  if (rest.size > 0) lines.push(`<${further}>${escapeXml(JSON.stringify(toRecord(rest)))}</${further}>`);
  return lines;
}

function inputLines({ name, mutable, input_type, default_value, values }: Input): string[] {
  return [
    '  <attribute>',
    `    <name>${escapeXml(name)}</name>`,
    `    <mutable>${mutable ? 'True' : 'False'}</mutable>`,
    `    <input_type>${escapeXml(input_type)}</input_type>`,
    `    <default_value>${escapeXml(default_value)}</default_value>`,
    `    <values>${escapeXml(values.join('\n'))}</values>`,
    '  </attribute>',
  ];
}

/** What the fact says by attribute, or null where it is another format's. */
function inputsIn(fact: AttributeValue | undefined): ReadonlyMap<string, Partial<Input>> | null {
  if (typeof fact !== 'string') return null;
  try {
    const listed: unknown = JSON.parse(fact);
    if (!Array.isArray(listed) || listed.length === 0) return null;
    const inputs = listed.map(checkedInput);
    return inputs.includes(null) ? null : new Map(inputs.map((input) => [input!.name, input!]));
  } catch {
    return null;
  }
}

function checkedInput(value: unknown): Input | null {
  if (!isRecord(value)) return null;
  const [name, mutable, type, preset, values] = [
    'name',
    'mutable',
    'input_type',
    'default_value',
    'values',
  ].map((key) => field(value, key));
  if (typeof name !== 'string' || typeof type !== 'string' || typeof preset !== 'string') return null;
  if (!Array.isArray(values) || !values.every((entry) => typeof entry === 'string')) return null;
  return { name, mutable: mutable !== false, input_type: type, default_value: preset, values };
}

/** The attributes that a class declares. */
export const declaredIn = (label: XmlElement): readonly XmlElement[] =>
  childrenOf(child(label, 'attributes') ?? label, 'attribute');
