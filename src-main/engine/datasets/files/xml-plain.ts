import type { XmlElement } from './xml.ts';

/** Deepest nesting; the parser that knows everything says what is wrong with a deeper one. */
const deepest = 60;

const tab = 0x09;
const newline = 0x0a;
const space = 0x20;
const quote = 0x22;
const apostrophe = 0x27;
const slash = 0x2f;
const equals = 0x3d;
const greaterThan = 0x3e;

/** Version 1.1 has other rules for characters. */
const declaration = /^<\?xml version=(["'])1\.0\1( encoding=(["'])[A-Za-z][\w.-]*\3)? ?\?>/;

/** What XML forbids, and surrogates, of which XML wants two each. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what XML forbids.
const unusual = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufeff\ufffe\uffff]|]]>/;

const entities: ReadonlyMap<string, string> = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&apos;', "'"],
]);

/** Characters of plain names, by their codes: ASCII without the colon. Digits, dot and hyphen only follow. */
const nameStart = new Uint8Array(128);
const namePart = new Uint8Array(128);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_') {
  nameStart[character.charCodeAt(0)] = 1;
  namePart[character.charCodeAt(0)] = 1;
}
for (const character of '0123456789.-') namePart[character.charCodeAt(0)] = 1;

interface Open {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  children: XmlElement[];
  text: string;
}

const noAttributes: ReadonlyMap<string, string> = new Map();

/** Of all elements that hold text alone, as most do. Nothing is ever put into it. */
const noChildren: XmlElement[] = [];

/**
 * Reads a document that is as plain as annotation files are: elements, attributes, text and the five entities that XML
 * has itself. A set has a hundred thousand of them, and a full parser takes ten times as long.
 *
 * @returns null for everything else, be it a comment or a mistake: a full parser knows what it is.
 */
export function plainXml(document: string): XmlElement | null {
  const text = document.includes('\r') ? document.replace(/\r\n?/g, '\n') : document;
  if (unusual.test(text)) return null;
  const stack: Open[] = [];
  let at = declaration.exec(text)?.[0].length ?? 0;
  for (;;) {
    const tag = text.indexOf('<', at);
    if (tag < 0) return null;
    const top = stack.at(-1);
    if (top === undefined ? !isBlank(text, at, tag) : !addText(top, text, at, tag)) return null;
    let complete: Open | undefined;
    if (text.charCodeAt(tag + 1) === slash) {
      if (top === undefined || !text.startsWith(top.name, tag + 2)) return null;
      at = tag + 2 + top.name.length;
      if (text.charCodeAt(at) !== greaterThan) return null;
      at += 1;
      complete = stack.pop();
    } else {
      const opened = openTag(text, tag + 1);
      if (opened === null || stack.length >= deepest) return null;
      if (opened.closed) complete = opened.element;
      else stack.push(opened.element);
      at = opened.end;
    }
    if (complete === undefined) continue;
    complete.text = complete.text.trim();
    const above = stack.at(-1);
    if (above === undefined) return isBlank(text, at, text.length) ? complete : null;
    if (above.children === noChildren) above.children = [complete];
    else above.children.push(complete);
  }
}

/** Adds what stands before a tag. False where it is not plain. */
function addText(element: Open, text: string, from: number, to: number): boolean {
  // What is blank at the start goes anyway.
  if (element.text === '' && isBlank(text, from, to)) return true;
  const piece = plainText(text.slice(from, to));
  if (piece === null) return false;
  element.text += piece;
  return true;
}

/** A piece of text with its entities resolved, or null where it has others. */
function plainText(piece: string): string | null {
  if (!piece.includes('&')) return piece;
  let plain = true;
  const resolved = piece.replace(/&[^;&]*;?/g, (entity) => {
    const character = entities.get(entity);
    if (character === undefined) plain = false;
    return character ?? '';
  });
  return plain ? resolved : null;
}

/** The tag whose name starts at a place, and where it ends; null where it is not plain. */
function openTag(
  text: string,
  from: number,
): { readonly element: Open; readonly closed: boolean; readonly end: number } | null {
  let at = endOfName(text, from);
  if (at === from) return null;
  const name = nameAt(text, from, at);
  let attributes: Map<string, string> | undefined;
  while (text.charCodeAt(at) === space) {
    at += 1;
    const end = endOfName(text, at);
    // Blanks at the end of a tag.
    if (end === at) continue;
    const mark = text.charCodeAt(end + 1);
    if (text.charCodeAt(end) !== equals || (mark !== quote && mark !== apostrophe)) return null;
    const close = text.indexOf(mark === quote ? '"' : "'", end + 2);
    if (close < 0) return null;
    const key = text.slice(at, end);
    const raw = text.slice(end + 2, close);
    const value = /[<\t\n]/.test(raw) ? null : plainText(raw);
    attributes ??= new Map();
    if (value === null || attributes.has(key)) return null;
    attributes.set(key, value);
    at = close + 1;
  }
  const closed = text.charCodeAt(at) === slash;
  if (closed) at += 1;
  if (text.charCodeAt(at) !== greaterThan) return null;
  const element = { name, attributes: attributes ?? noAttributes, children: noChildren, text: '' };
  return { element, closed, end: at + 1 };
}

/**
 * Names that were met, by their length and two of their letters, the last at each place: files have a few of them again and
 * again, and they need not be made anew.
 */
const met: string[] = new Array(512).fill('');

function nameAt(text: string, from: number, to: number): string {
  const letters = 31 * text.charCodeAt(from) + text.charCodeAt(to - 1);
  const place = (letters + 61 * (to - from)) % met.length;
  const before = met[place]!;
  if (before.length === to - from && text.startsWith(before, from)) return before;
  const name = text.slice(from, to);
  met[place] = name;
  return name;
}

/** The end of the name that starts at a place, or the place itself. */
function endOfName(text: string, from: number): number {
  if (nameStart[text.charCodeAt(from)] !== 1) return from;
  let at = from + 1;
  while (namePart[text.charCodeAt(at)] === 1) at += 1;
  return at;
}

function isBlank(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== space && code !== newline && code !== tab) return false;
  }
  return true;
}
