import {
  automaticModel,
  extensions,
  factorOf,
  fillTokens,
  type Job,
  type NameParts,
  safeStem,
  targetSize,
  type UpscaleSettings,
  withoutForbidden,
} from '../../../src-main/contract/index.ts';

/** What a pattern's tokens stand for, as far as is known before the picture is made. */
function partsFor(settings: UpscaleSettings, job: Job | undefined): NameParts {
  const { picture, target } = job?.upscale ?? {};
  const source = picture ?? { width: 640, height: 480, lossy: false };
  const size = target ?? targetSize(source, settings);
  return {
    name: job ? job.title.replace(/\.[^.]+$/, '') : 'picture',
    scale: factorOf(source, settings.scale),
    model: settings.model === 'auto' ? automaticModel(source.lossy) : settings.model,
    width: size.width,
    height: size.height,
    date: new Date(),
  };
}

export interface NamePreview {
  readonly name: string;
  /** Tokens that stay as they are, such as `{foo}`. */
  readonly unknown: readonly string[];
  /** Whether characters that a name can't have became `_`. */
  readonly replaced: boolean;
}

/** The name that a pattern gives; the engine makes the real one, and cuts and counts where that is needed. */
export function previewName(pattern: string, settings: UpscaleSettings, job: Job | undefined): NamePreview {
  const unknown = new Set<string>();
  const filled = fillTokens(pattern.trim(), partsFor(settings, job), (token) => unknown.add(token));
  const own = /\.(png|jpe?g|webp|avif|tiff?)$/i.exec(job?.title ?? '')?.[0].toLowerCase() ?? '';
  const ending = settings.format === 'same' ? own : extensions[settings.format];
  const replaced = withoutForbidden(filled) !== filled;
  return { name: safeStem(filled) + ending, unknown: [...unknown], replaced };
}
