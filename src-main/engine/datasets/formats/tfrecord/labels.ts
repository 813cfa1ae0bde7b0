import { oneLine } from '../common/lines.ts';

/** `item { id: 1 name: "cat" }`: the names of classes by their numbers, which begin with 1. */
export function parseLabelMap(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const [, block = ''] of text.matchAll(
    /\bitem\s*\{((?:[^{}"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*)\}/g,
  )) {
    const id = /\bid\s*:\s*(\d+)/.exec(block)?.[1];
    const quoted = (field: string): string | undefined => {
      const found = new RegExp(
        `\\b${field}\\s*:\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|'((?:[^'\\\\]|\\\\.)*)')`,
      ).exec(block);
      return (found?.[1] ?? found?.[2])?.replace(/\\(.)/g, '$1');
    };
    const name = quoted('display_name') ?? quoted('name');
    if (id !== undefined && name !== undefined) names.set(Number(id), name);
  }
  return names;
}

export function labelMapText(labels: readonly { readonly name: string }[]): string {
  const quoted = (name: string): string => oneLine(name).replace(/["\\]/g, '\\$&');
  return labels
    .map(({ name }, index) => `item {\n  id: ${index + 1}\n  name: "${quoted(name)}"\n}\n`)
    .join('');
}
