import { SaxesParser } from 'saxes';

/** One element of an OpenVINO IR. */
export interface IrElement {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: IrElement[];
  /** Content of an element without children, such as a dimension. */
  text?: string;
}

/** Reads an IR's XML. @throws {Error} when it is not well-formed. */
export function parseIr(xml: string): IrElement {
  const root: IrElement = { name: '', attributes: {}, children: [] };
  const open: IrElement[] = [root];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('doctype', () => {
    throw new Error('An IR has no document type.');
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element: IrElement = { name, attributes: attributes as Record<string, string>, children: [] };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    const element = open.at(-1);
    if (element && text.trim() !== '') element.text = (element.text ?? '') + text.trim();
  });
  parser.on('closetag', () => open.pop());
  parser.write(xml).close();
  const [net] = root.children;
  if (net?.name !== 'net') throw new Error('The file is not an OpenVINO IR.');
  return net;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeXml = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => entities[character] ?? character);

export function writeIr(element: IrElement): string {
  const attributes = Object.entries(element.attributes).map(
    ([key, value]) => ` ${key}="${escapeXml(value)}"`,
  );
  const head = `<${element.name}${attributes.join('')}`;
  if (element.children.length === 0 && element.text === undefined) return `${head}/>`;
  return `${head}>${escapeXml(element.text ?? '')}${element.children.map(writeIr).join('\n')}</${element.name}>`;
}

export const child = (element: IrElement, name: string): IrElement | undefined =>
  element.children.find((candidate) => candidate.name === name);
