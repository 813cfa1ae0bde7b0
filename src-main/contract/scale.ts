import type { PictureInfo, UpscaleSettings } from './upscale.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Size of the result, in pixels, from the source's upright size. Sides are rounded, never below one pixel. */
export function targetSize(
  info: Pick<PictureInfo, 'width' | 'height'>,
  settings: Pick<UpscaleSettings, 'scale'>,
): Size {
  const factor = factorOf(info, settings.scale);
  return {
    width: Math.max(1, Math.round(info.width * factor)),
    height: Math.max(1, Math.round(info.height * factor)),
  };
}

/** How many times a source's sides the result's are. */
export function factorOf(info: Size, scale: UpscaleSettings['scale']): number {
  switch (scale.kind) {
    case 'factor':
      return scale.factor;
    case 'percent':
      return scale.percent / 100;
    case 'width':
      return scale.pixels / info.width;
    case 'height':
      return scale.pixels / info.height;
  }
}
