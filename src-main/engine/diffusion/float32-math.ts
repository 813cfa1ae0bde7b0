/**
 * Logarithm, sine and cosine in single precision, as torch's AVX2 kernels compute them for normal numbers: the
 * polynomials of the Cephes library (log.c, sinf.c) with products and sums fused. The C library's functions are more
 * accurate, but then one number in six differs from torch in its last bit.
 */

const { fround, trunc } = Math;

const logCoefficients = Float32Array.of(
  7.0376836292e-2,
  -1.151461031e-1,
  1.167699874e-1,
  -1.2420140846e-1,
  1.4249322787e-1,
  -1.6668057665e-1,
  2.0000714765e-1,
  -2.4999993993e-1,
  3.3333331174e-1,
);
const squareRootOfHalf = fround(Math.SQRT1_2);
/** ln 2 in two parts, the first with few bits, so that its product with an exponent is exact. */
const ln2High = fround(0.693359375);
const ln2Low = fround(-2.1219444e-4);

const fourOverPi = fround(4 / Math.PI);
/** π/4 in three parts, negative, for the same reason. */
const quarterTurn = Float32Array.of(-0.78515625, -2.4187564849853516e-4, -3.774894977445941e-8);
const cosineCoefficients = Float32Array.of(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2);
const sineCoefficients = Float32Array.of(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1);

const floats = new Float32Array(1);
const bits = new Int32Array(floats.buffer);

/** `a * b + c` with one rounding; the product of two singles is exact in a double. */
function fused(a: number, b: number, c: number): number {
  return fround(a * b + c);
}

/** Natural logarithm. @param value a single above 0 and not denormal. */
export function logarithm(value: number): number {
  floats[0] = value;
  const pattern = bits[0]!;
  let exponent = (pattern >>> 23) - 126;
  bits[0] = (pattern & 0x007fffff) | 0x3f000000;
  const mantissa = floats[0];
  // Brings the mantissa into [√½, √2) and subtracts one.
  const small = mantissa < squareRootOfHalf;
  if (small) exponent -= 1;
  const x = fround(fround(mantissa - 1) + (small ? mantissa : 0));
  const square = fround(x * x);
  let y = logCoefficients[0]!;
  for (let index = 1; index < logCoefficients.length; index += 1) y = fused(y, x, logCoefficients[index]!);
  y = fround(y * x);
  y = fused(y, square, fround(exponent * ln2Low));
  y = fround(y - square * 0.5);
  return fused(exponent, ln2High, fround(x + y));
}

/**
 * Sine and cosine.
 *
 * @param angle a single from 0 to 2π.
 * @param result gets the sine at 0 and the cosine at 1.
 */
export function sineAndCosine(angle: number, result: Float32Array): void {
  const octant = (trunc(fround(angle * fourOverPi)) + 1) & ~1;
  let x = angle;
  for (let part = 0; part < 3; part += 1) x = fused(octant, quarterTurn[part]!, x);
  const square = fround(x * x);
  let c = cosineCoefficients[0]!;
  c = fused(c, square, cosineCoefficients[1]!);
  c = fused(c, square, cosineCoefficients[2]!);
  c = fround(c * square);
  c = fround(fround(c * square - square * 0.5) + 1);
  let s = sineCoefficients[0]!;
  s = fused(s, square, sineCoefficients[1]!);
  s = fused(s, square, sineCoefficients[2]!);
  s = fused(fround(s * square), x, x);
  const swapped = (octant & 2) !== 0;
  result[0] = ((octant & 4) === 0 ? 1 : -1) * (swapped ? c : s);
  result[1] = (((octant - 2) & 4) === 0 ? -1 : 1) * (swapped ? s : c);
}
