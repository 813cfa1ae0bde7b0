import { type Curve, iccProfile, type Primaries } from './icc-profile.ts';

/**
 * What a PNG says of its colours other than by a profile (PNG, third edition, sections 4.3 and 11.3.2): `cICP` counts
 * most, then a profile, then `sRGB`, then `gAMA` with `cHRM`. libvips knows the profile alone.
 */

export interface PngColour {
  /** A profile that says the same. */
  readonly icc?: Buffer;
  /** What can't be said by a small profile. */
  readonly lost?: string;
}

const d65 = [0.3127, 0.329] as const;
const srgbPrimaries: Primaries = { red: [0.64, 0.33], green: [0.3, 0.6], blue: [0.15, 0.06], white: d65 };
const p3 = { red: [0.68, 0.32], green: [0.265, 0.69], blue: [0.15, 0.06] } as const;

/** By code of ITU-T H.273, table 2. */
const primariesByCode: ReadonlyMap<number, Primaries> = new Map([
  [1, srgbPrimaries],
  [5, { ...srgbPrimaries, green: [0.29, 0.6] }],
  [6, { red: [0.63, 0.34], green: [0.31, 0.595], blue: [0.155, 0.07], white: d65 }],
  [9, { red: [0.708, 0.292], green: [0.17, 0.797], blue: [0.131, 0.046], white: d65 }],
  [11, { ...p3, white: [0.314, 0.351] }],
  [12, { ...p3, white: d65 }],
]);

const srgbCurve = (value: number): number =>
  value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const videoCurve = (value: number): number =>
  value < 0.081 ? value / 4.5 : ((value + 0.099) / 1.099) ** (1 / 0.45);

/** By code of ITU-T H.273, table 3. PQ and HLG reach far above white, which a curve to white can't tell. */
const curvesByCode: ReadonlyMap<number, Curve> = new Map<number, Curve>([
  [1, videoCurve],
  [4, 2.2],
  [5, 2.8],
  [6, videoCurve],
  [8, 1],
  [13, srgbCurve],
  [14, videoCurve],
  [15, videoCurve],
]);

/** @param chunks data of the file's chunks, by type. */
export function pngColour(chunks: ReadonlyMap<string, Buffer>): PngColour {
  // Colour types 0 and 4 are grey.
  const grey = ((chunks.get('IHDR')?.[9] ?? 2) & 2) === 0;
  const cicp = chunks.get('cICP');
  if (cicp && cicp.length >= 4) return codePoints(cicp, grey, chunks.has('iCCP'));
  if (chunks.has('iCCP') || chunks.has('sRGB')) return {};
  return gammaAndPrimaries(chunks.get('gAMA'), grey ? undefined : chunks.get('cHRM'), grey);
}

function codePoints(cicp: Buffer, grey: boolean, hasProfile: boolean): PngColour {
  const [primaryCode = 0, curveCode = 0, matrix, full] = cicp;
  const primaries = primariesByCode.get(primaryCode);
  const curve = curvesByCode.get(curveCode);
  const name = `cICP ${primaryCode}, ${curveCode}`;
  if (!primaries || curve === undefined || matrix !== 0 || full !== 1)
    return { lost: `what the PNG says of its colours (${name}): they look different` };
  if (primaryCode === 1 && curveCode === 13 && !hasProfile) return {};
  return { icc: iccProfile(`PNG ${name}`, curve, grey ? undefined : primaries) };
}

/** What sRGB's curve is nearly, as `gAMA` counts: 1/2.2 in 100,000ths. */
const srgbGamma = 45_455;

function gammaAndPrimaries(gama: Buffer | undefined, chrm: Buffer | undefined, grey: boolean): PngColour {
  const gamma = gama && gama.length >= 4 ? gama.readUInt32BE(0) : 0;
  const primaries = chrm && chrm.length >= 32 ? readPrimaries(chrm) : undefined;
  const plainCurve = gamma === 0 || Math.abs(gamma - srgbGamma) < 100;
  const plainPrimaries = !primaries || isNear(primaries, srgbPrimaries);
  if (plainCurve && plainPrimaries) return {};
  // Power functions above this don't come from any screen or camera.
  if (gamma > 0 && (gamma < 10_000 || gamma > 1_000_000))
    return { lost: `the PNG's gamma (${gamma / 100_000})` };
  const curve: Curve = gamma === 0 ? srgbCurve : 100_000 / gamma;
  const name = gamma === 0 ? 'cHRM' : `gAMA ${gamma / 100_000}`;
  return { icc: iccProfile(`PNG ${name}`, curve, grey ? undefined : (primaries ?? srgbPrimaries)) };
}

function readPrimaries(chrm: Buffer): Primaries | undefined {
  const [white, red, green, blue] = [0, 8, 16, 24].map(
    (at) => [chrm.readUInt32BE(at) / 100_000, chrm.readUInt32BE(at + 4) / 100_000] as const,
  );
  const points = [white, red, green, blue];
  return points.every((point) => point && point[1] > 0)
    ? { white: white!, red: red!, green: green!, blue: blue! }
    : undefined;
}

const isNear = (a: Primaries, b: Primaries): boolean =>
  (['red', 'green', 'blue', 'white'] as const).every((name) =>
    [0, 1].every((at) => Math.abs(a[name][at]! - b[name][at]!) < 0.002),
  );
