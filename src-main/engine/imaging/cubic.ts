/** Cubic convolution kernel (Keys 1981): a = -0.5 in Pillow, -0.75 in OpenCV. */
export function cubic(distance: number, a: number): number {
  const t = Math.abs(distance);
  if (t <= 1) return (a + 2) * t ** 3 - (a + 3) * t ** 2 + 1;
  return t < 2 ? a * t ** 3 - 5 * a * t ** 2 + 8 * a * t - 4 * a : 0;
}
