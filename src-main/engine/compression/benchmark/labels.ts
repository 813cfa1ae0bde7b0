import { basename, dirname, sep } from 'node:path';

/**
 * Short names for models: of the file, or where several have one name, as most IRs are called openvino_model.xml, of as
 * many folders above it as tell them apart.
 */
export function labelsOf(models: readonly string[]): string[] {
  const names = models.map((model) => basename(model));
  if (new Set(names).size === names.length) return names;
  for (let depth = 1; depth < 6; depth++) {
    const labels = models.map((model) => dirname(model).split(sep).slice(-depth).join('/'));
    if (new Set(labels).size === labels.length) return labels;
  }
  return [...models];
}
