/**
 * Small ICC profiles for colours that a file describes in other words (ICC.1:2001-04, sections 6.1, 6.2 and 6.5): a
 * matrix and a curve, or a curve alone for grey.
 */

type Point = readonly [x: number, y: number];
type Triple = readonly [number, number, number];

export interface Primaries {
  readonly red: Point;
  readonly green: Point;
  readonly blue: Point;
  readonly white: Point;
}

/** A power, or a function from the stored value to light, both 0 to 1. */
export type Curve = number | ((value: number) => number);

/** The white of the profile connection space, D50. */
const d50: Triple = [0.9642, 1, 0.8249];
/** Points of a curve that is no power. */
const curvePoints = 1024;

/** @param primaries absent for grey. */
export function iccProfile(title: string, curve: Curve, primaries?: Primaries): Buffer {
  const curveTag = curveType(curve);
  const tags: Array<[name: string, data: Buffer]> = [
    ['desc', descriptionType(title)],
    ['cprt', Buffer.from('text\0\0\0\0No copyright\0', 'latin1')],
    ['wtpt', xyzType(d50)],
  ];
  if (!primaries) tags.push(['kTRC', curveTag]);
  else {
    const columns = colorants(primaries);
    for (const [index, letter] of ['r', 'g', 'b'].entries()) {
      tags.push([`${letter}XYZ`, xyzType(columns[index]!)], [`${letter}TRC`, curveTag]);
    }
  }
  return assemble(primaries ? 'RGB ' : 'GRAY', tags);
}

/** Header, table of tags and their data; tags with the same data share it. */
function assemble(space: string, tags: ReadonlyArray<[string, Buffer]>): Buffer {
  const table = Buffer.alloc(4 + tags.length * 12);
  table.writeUInt32BE(tags.length, 0);
  const places = new Map<Buffer, number>();
  const parts: Buffer[] = [];
  let end = 128 + table.length;
  for (const [index, [name, data]] of tags.entries()) {
    if (!places.has(data)) {
      const padded = Buffer.concat([data, Buffer.alloc(-data.length & 3)]);
      places.set(data, end);
      parts.push(padded);
      end += padded.length;
    }
    table.write(name, 4 + index * 12, 'latin1');
    table.writeUInt32BE(places.get(data)!, 8 + index * 12);
    table.writeUInt32BE(data.length, 12 + index * 12);
  }
  const header = Buffer.alloc(128);
  header.writeUInt32BE(end, 0);
  header.writeUInt32BE(0x0240_0000, 8);
  header.write(`mntr${space}XYZ `, 12, 'latin1');
  // A date is asked for; a fixed one keeps results the same to the bit.
  for (const [index, part] of [2001, 1, 1].entries()) header.writeUInt16BE(part, 24 + index * 2);
  header.write('acsp', 36, 'latin1');
  xyzNumbers(d50).copy(header, 68);
  return Buffer.concat([header, table, ...parts]);
}

function xyzNumbers(values: Triple): Buffer {
  const bytes = Buffer.alloc(12);
  for (const [index, value] of values.entries()) bytes.writeInt32BE(Math.round(value * 65_536), index * 4);
  return bytes;
}

const xyzType = (values: Triple): Buffer =>
  Buffer.concat([Buffer.from('XYZ \0\0\0\0', 'latin1'), xyzNumbers(values)]);

function descriptionType(title: string): Buffer {
  const head = Buffer.from('desc\0\0\0\0\0\0\0\0', 'latin1');
  head.writeUInt32BE(title.length + 1, 8);
  // No Unicode and no Macintosh form: two counts, two codes and 67 bytes.
  return Buffer.concat([head, Buffer.from(`${title}\0`, 'latin1'), Buffer.alloc(4 + 4 + 2 + 1 + 67)]);
}

function curveType(curve: Curve): Buffer {
  const values =
    typeof curve === 'number'
      ? [Math.round(curve * 256)]
      : Array.from({ length: curvePoints }, (_, index) =>
          Math.round(Math.min(Math.max(curve(index / (curvePoints - 1)), 0), 1) * 65_535),
        );
  const bytes = Buffer.alloc(12 + values.length * 2);
  bytes.write('curv', 'latin1');
  bytes.writeUInt32BE(values.length, 8);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, 12 + index * 2);
  return bytes;
}

type Matrix = readonly [Triple, Triple, Triple];

/** Bradford's cone responses, by which a white is adapted (ICC.1:2001-04, annex E). */
const bradford: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

/** Red, green and blue in the profile connection space. */
function colorants({ red, green, blue, white }: Primaries): Triple[] {
  const lights = [red, green, blue].map(toXyz);
  const whiteXyz = toXyz(white);
  const amounts = apply(invert(transpose(lights as unknown as Matrix)), whiteXyz);
  const [from, to] = [apply(bradford, whiteXyz), apply(bradford, d50)];
  const back = invert(bradford);
  return lights.map((light, index) => {
    const cones = apply(bradford, scale(light, amounts[index]!));
    return apply(back, cones.map((cone, at) => (cone * to[at]!) / from[at]!) as unknown as Triple);
  });
}

const toXyz = ([x, y]: Point): Triple => [x / y, 1, (1 - x - y) / y];
const scale = ([a, b, c]: Triple, by: number): Triple => [a * by, b * by, c * by];
const dot = (a: Triple, b: Triple): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Triple, b: Triple): Triple => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const apply = ([a, b, c]: Matrix, v: Triple): Triple => [dot(a, v), dot(b, v), dot(c, v)];
const transpose = ([a, b, c]: Matrix): Matrix => [
  [a[0], b[0], c[0]],
  [a[1], b[1], c[1]],
  [a[2], b[2], c[2]],
];

function invert([a, b, c]: Matrix): Matrix {
  const by = 1 / dot(a, cross(b, c));
  return transpose([scale(cross(b, c), by), scale(cross(c, a), by), scale(cross(a, b), by)]);
}
