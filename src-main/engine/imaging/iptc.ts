/**
 * Photoshop's image resources (Adobe Photoshop File Formats, "Image Resource Section") with the records of IPTC-IIM
 * 4.2 in one of them: marker, record, number and length of a data set, then its bytes.
 */

const mark = Buffer.from('Photoshop 3.0\0', 'latin1');
const signature = '8BIM';
const iptcResource = 0x0404;
/** Pixels of a print inch, which tells nothing of a person. */
const resolutionResource = 0x03ed;

/** Data sets of record 2 that tell a place. */
const places: ReadonlyMap<number, string> = new Map([
  [26, 'location code'],
  [27, 'location name'],
  [90, 'city'],
  [92, 'street or sublocation'],
  [95, 'province or state'],
  [100, 'country code'],
  [101, 'country'],
]);

/**
 * The block without what tells a place. Other resources, which may repeat it in EXIF or XMP of their own, go too.
 *
 * @returns a new block and what was taken out, or undefined where the block is damaged or of another kind.
 */
export function removeIptcPlaces(block: Buffer): { iptc: Buffer; removed: string[] } | undefined {
  try {
    const removed = new Set<string>();
    if (block[0] === 0x1c) return { iptc: removeFromRecords(block, removed), removed: [...removed] };
    if (!block.subarray(0, mark.length).equals(mark)) return undefined;
    const parts = resources(block.subarray(mark.length)).flatMap(({ id, bytes, data }) => {
      if (id === resolutionResource) return [bytes];
      if (id === iptcResource) return [resource(id, removeFromRecords(data, removed))];
      removed.add("Photoshop's other records");
      return [];
    });
    return { iptc: Buffer.concat([mark, ...parts]), removed: [...removed] };
  } catch {
    return undefined;
  }
}

interface Resource {
  readonly id: number;
  /** All of it. */
  readonly bytes: Buffer;
  readonly data: Buffer;
}

const even = (length: number): number => length + (length % 2);

/** @throws where the block is damaged. */
function resources(block: Buffer): Resource[] {
  const found: Resource[] = [];
  let at = 0;
  while (at + 12 <= block.length) {
    if (block.toString('latin1', at, at + 4) !== signature) throw new Error('not a resource');
    const id = block.readUInt16BE(at + 4);
    const sizeAt = at + 6 + even(1 + block.readUInt8(at + 6));
    const start = sizeAt + 4;
    const end = start + block.readUInt32BE(sizeAt);
    if (end > block.length) throw new Error('a resource ends too early');
    found.push({ id, bytes: block.subarray(at, even(end)), data: block.subarray(start, end) });
    at = even(end);
  }
  return found;
}

function resource(id: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.write(signature, 'latin1');
  head.writeUInt16BE(id, 4);
  head.writeUInt32BE(data.length, 8);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

/** @throws where the records are damaged, or longer than 32,767 bytes, which take another form. */
function removeFromRecords(records: Buffer, removed: Set<string>): Buffer {
  const kept: Buffer[] = [];
  let at = 0;
  while (at + 5 <= records.length && records[at] === 0x1c) {
    const length = records.readUInt16BE(at + 3);
    const end = at + 5 + length;
    if (length > 0x7fff || end > records.length) throw new Error('a data set ends too early');
    const place = records[at + 1] === 2 ? places.get(records[at + 2]!) : undefined;
    if (place) removed.add(place);
    else kept.push(records.subarray(at, end));
    at = end;
  }
  if (records.subarray(at).some((byte) => byte !== 0)) throw new Error('not a data set');
  return Buffer.concat(kept);
}
