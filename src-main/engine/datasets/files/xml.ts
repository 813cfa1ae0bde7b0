import { readFileSync, type Stats } from 'node:fs';
import { SaxesParser } from 'saxes';
import { RefineryError } from '../../../contract/errors.ts';
import { emptyFile } from './notes.ts';
import { statsOf } from './stats.ts';
import { checkedXml, utf8Chunks } from './text.ts';
import { plainXml } from './xml-plain.ts';

/** An element with everything in it. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, trimmed. */
  readonly text: string;
}

interface Open {
  name: string;
  attributes: Map<string, string>;
  children: XmlElement[];
  text: string;
}

/** Deepest nesting; annotation files need ten. */
const deepest = 64;

/** Most characters of one kept element. */
const mostText = 64 * 1024 * 1024;

/**
 * Reads an XML file piece by piece and hands out whole elements of a depth: 0 is the root itself, 1 its children.
 * A document type is refused, and with it every entity that a file could declare: nothing outside is ever read, and
 * nothing can swell up.
 *
 * @throws {RefineryError} `INPUT_CORRUPT` where the file isn't well formed or has a document type.
 */
export async function* xmlElements(path: string, depth: number): AsyncGenerator<XmlElement> {
  const parser = new SaxesParser({ xmlns: false, position: true });
  const stack: Open[] = [];
  const ready: XmlElement[] = [];
  let failure: string | undefined;
  let characters = 0;
  parser.on('error', (thrown) => {
    failure ??= thrown.message;
  });
  parser.on('doctype', () => {
    failure ??= 'it has a document type, which is not allowed';
  });
  parser.on('opentag', (tag) => {
    if (stack.length >= deepest) failure ??= 'its elements are nested too deep';
    stack.push({
      name: tag.name,
      attributes: new Map(Object.entries(tag.attributes)),
      children: [],
      text: '',
    });
  });
  const addText = (text: string): void => {
    const top = stack.at(-1);
    if (top === undefined || stack.length <= depth) return;
    characters += text.length;
    if (characters > mostText) failure ??= 'one of its elements is too large';
    else top.text += text;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const closed = stack.pop();
    if (closed === undefined) return;
    const element: XmlElement = { ...closed, text: closed.text.trim() };
    if (stack.length === depth) {
      ready.push(element);
      characters = 0;
    } else if (stack.length > depth) stack.at(-1)!.children.push(element);
  });
  const check = (): void => {
    if (failure !== undefined) {
      throw new RefineryError('INPUT_CORRUPT', `The file ${path} can't be read as XML: ${failure}.`);
    }
  };
  for await (const chunk of xmlChunks(path)) {
    parser.write(chunk);
    check();
    yield* ready.splice(0);
  }
  parser.close();
  check();
  yield* ready.splice(0);
}

/** Most bytes that are read at once; opening a stream for each of many small files would take most of the time. */
const smallFile = 512 * 1024;

function isSmall(found: Stats | undefined): boolean {
  return (found?.size ?? 0) <= smallFile;
}

/**
 * The text of an XML file of any size and encoding, piece by piece.
 *
 * @throws {RefineryError} `INPUT_EMPTY` for one without any, of which a parser would say that its root is missing.
 */
export async function* xmlChunks(path: string): AsyncGenerator<string> {
  let isEmpty = true;
  for await (const text of textOf(path)) {
    isEmpty &&= !/\S/.test(text);
    yield text;
  }
  if (isEmpty) throw new RefineryError('INPUT_EMPTY', `The file ${path} can't be read as XML: ${emptyFile}.`);
}

async function* textOf(path: string): AsyncGenerator<string> {
  if (isSmall(statsOf(path))) yield smallText(path);
  else for await (const chunk of utf8Chunks(path, { isXml: true })) yield chunk.toString('utf8');
}

const smallText = (path: string): string =>
  checkedXml(path, readFileSync(path, 'utf8'), () => readFileSync(path));

/** The whole document, for small files. */
export function readXml(path: string): Promise<XmlElement> {
  return wholeXml(path, statsOf(path));
}

/** The whole document, or undefined where there is no such file. */
export async function xmlIfThere(path: string): Promise<XmlElement | undefined> {
  const found = statsOf(path);
  return found?.isFile() === true ? wholeXml(path, found) : undefined;
}

async function wholeXml(path: string, found: Stats | undefined): Promise<XmlElement> {
  const plain = isSmall(found) ? plainXml(smallText(path)) : null;
  if (plain !== null) return plain;
  for await (const element of xmlElements(path, 0)) return element;
  throw new RefineryError('INPUT_CORRUPT', `The file ${path} holds no XML element.`);
}

export function child(element: XmlElement, name: string): XmlElement | undefined {
  for (const entry of element.children) if (entry.name === name) return entry;
  return undefined;
}

export function childText(element: XmlElement, name: string): string | undefined {
  return child(element, name)?.text;
}

export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((entry) => entry.name === name);
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

const plainAscii = /^[ !#-%'-;=?-~]*$/;

/** Text for XML, within an element or an attribute. What XML 1.0 can't hold at all becomes U+FFFD. */
export function escapeXml(text: string): string {
  if (plainAscii.test(text)) return text;
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what XML forbids.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/[&<>"\t\n\r]/g, (character) => escapes[character]!)
  );
}
