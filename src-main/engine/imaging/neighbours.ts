/** For each of `to` new pixels the two of `from` old ones that its centre lies between, and how near it is to the second. */
export function neighbours(from: number, to: number) {
  const first = new Int32Array(to);
  const second = new Int32Array(to);
  const part = new Float64Array(to);
  for (let at = 0; at < to; at += 1) {
    const place = Math.min(Math.max(((at + 0.5) * from) / to - 0.5, 0), from - 1);
    first[at] = Math.floor(place);
    second[at] = Math.min(first[at]! + 1, from - 1);
    part[at] = place - first[at]!;
  }
  return { first, second, part };
}
