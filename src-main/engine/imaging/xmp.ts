import { isPrivateName } from './private-names.ts';

/**
 * Changes to an XMP packet (ISO 16684-1): RDF in which a simple property is an attribute of a description, or an
 * element with text, and others are elements with more inside. The text is walked tag by tag and stays as it is
 * otherwise.
 */

export interface XmpChange {
  /** Size of the picture that the packet is for from now on. */
  readonly width: number;
  readonly height: number;
  /** Whether the pixels were turned. What only XMP asks for is turned by no decoder here, and goes on being asked for. */
  readonly turned: boolean;
  /** Takes out what {@link isPrivateName} names. */
  readonly removePrivate: boolean;
}

const token =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<\/?([^\s<>/"'=]+)(?:[^<>"']|"[^"]*"|'[^']*')*>/g;
const attribute = /\s+([^\s<>/"'=]+)\s*=\s*("[^"]*"|'[^']*')/g;
/** Points to further packets of the file, which don't go along (XMP part 3, 1.1.3.1). */
const pointer = 'HasExtendedXMP';

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

/** @returns the changed packet and the properties that were taken out, or undefined where it is damaged. */
export function rewriteXmp(block: Buffer, change: XmpChange): { xmp: Buffer; removed: string[] } | undefined {
  if (block.includes(0)) return undefined;
  const walk = new Walk(block.toString('utf8'), change);
  const text = walk.run();
  return text === undefined ? undefined : { xmp: Buffer.from(text), removed: [...walk.removed] };
}

class Walk {
  readonly removed = new Set<string>();
  readonly #text: string;
  readonly #removePrivate: boolean;
  readonly #values: ReadonlyMap<string, string>;
  readonly #parts: string[] = [];
  readonly #open: string[] = [];
  /** How many elements were open where the one began that is being left out. */
  #leftOutFrom: number | undefined;
  /** What the text up to the next tag becomes. */
  #value: string | undefined;

  constructor(text: string, { width, height, turned, removePrivate }: XmpChange) {
    this.#text = text;
    this.#removePrivate = removePrivate;
    this.#values = new Map([
      ...(turned ? ([['Orientation', '1']] as const) : []),
      ['ImageWidth', String(width)],
      ['ImageLength', String(height)],
      ['PixelXDimension', String(width)],
      ['PixelYDimension', String(height)],
    ]);
  }

  run(): string | undefined {
    let end = 0;
    for (const match of this.#text.matchAll(token)) {
      const [tag, name] = match;
      this.#between(this.#text.slice(end, match.index));
      end = match.index + tag.length;
      if (name === undefined) this.#between(tag);
      else if (!tag.startsWith('</')) this.#begin(tag, name);
      else if (!this.#end(tag, name)) return undefined;
    }
    this.#between(this.#text.slice(end));
    return this.#open.length === 0 && !this.#text.slice(end).includes('<') ? this.#parts.join('') : undefined;
  }

  #between(text: string): void {
    if (this.#leftOutFrom !== undefined) return;
    this.#parts.push(this.#value !== undefined && text.trim() !== '' ? this.#value : text);
  }

  #begin(tag: string, name: string): void {
    const empty = tag.endsWith('/>');
    const leavesOut = this.#leftOutFrom === undefined && this.#goes(name);
    if (leavesOut) this.removed.add(name);
    if (this.#leftOutFrom === undefined && !leavesOut) {
      this.#parts.push(
        tag.replace(attribute, (all, key: string, quoted: string) => this.#attribute(all, key, quoted)),
      );
      this.#value = empty ? undefined : this.#values.get(localName(name));
    }
    if (empty) return;
    if (leavesOut) this.#leftOutFrom = this.#open.length;
    this.#open.push(name);
  }

  #end(tag: string, name: string): boolean {
    if (this.#open.pop() !== name) return false;
    this.#value = undefined;
    if (this.#leftOutFrom === undefined) this.#parts.push(tag);
    else if (this.#open.length === this.#leftOutFrom) this.#leftOutFrom = undefined;
    return true;
  }

  #attribute(all: string, key: string, quoted: string): string {
    if (key.startsWith('xmlns')) return all;
    if (this.#goes(key)) {
      this.removed.add(key);
      return '';
    }
    const value = this.#values.get(localName(key));
    return value === undefined ? all : all.replace(quoted, `"${value}"`);
  }

  #goes(name: string): boolean {
    const local = localName(name);
    return local === pointer || (this.#removePrivate && isPrivateName(local));
  }
}
