import type { PictureInfo } from '../../contract/upscale.ts';
import type { Target } from '../imaging/encode.ts';

/** Everything that the result doesn't hold of the source, and what was approximated. */
export function losses(
  info: PictureInfo,
  target: Target,
  dropped: readonly string[],
  size: { width: number; height: number },
  scale: number,
): string[] {
  const factor = size.width / info.width;
  const remarks = info.remarks.filter((remark) => !remark.startsWith('32 bits') || target.depth !== 16);
  return [
    ...remarks,
    ...target.losses,
    ...dropped.map((what) => `Not in the result: ${what}.`),
    ...(factor < 1 ? ['The result is smaller than the source: its finest detail is gone.'] : []),
    ...(factor > scale + 1e-9
      ? [`The network enlarges ${scale} times; the rest, up to ${factor.toFixed(2)} times, is resampled.`]
      : []),
  ];
}
