/** A block of a model: what repeats, a transformer's layer. */
export interface Block {
  /** The module, such as `bert.encoder.layer.3`. */
  readonly path: string;
  /** Its number in the model, from 0. */
  readonly number: number;
  /** What tells it from others for a person: the number, or `1.0` for the first block of Swin's second stage. */
  readonly name: string;
}

const list = /^(?:.*?\.)?(?:layers?|blocks|resblocks)\.\d+(?:\.blocks\.\d+)?(?=\.)/;
/** Between Swin's stages; it is in none of their blocks. */
const between = /\.\d+\.downsample\./;

/** The block that a module lies in, such as `bert.encoder.layer.3` for `bert.encoder.layer.3.output.dense`. */
export const blockPathOf = (module: string): string | undefined =>
  between.test(module) ? undefined : list.exec(module)?.[0];

/** Whether a module of a block is of its attention. */
export const isAttention = (module: string): boolean =>
  /^\.(?:attention|self_attn|attn)\./.test(module.slice(blockPathOf(module)?.length ?? 0));

const numbersOf = (path: string): number[] => (path.match(/(?<=\.)\d+(?=\.|$)/g) ?? []).map(Number);

/**
 * Numbers and names of blocks, in the order of the model. Blocks in one list have their own number, also where others are
 * missing; those of several lists (stages, or the two halves of CLIP) are counted through.
 */
export function blocksOf(paths: Iterable<string>): Block[] {
  const lists = new Map<string, number>();
  const found = [...new Set(paths)].map((path) => {
    const pattern = path.replaceAll(/\.\d+(?=\.|$)/g, '.#');
    const place = lists.get(pattern) ?? lists.size;
    lists.set(pattern, place);
    return { path, order: [place, ...numbersOf(path)] };
  });
  found.sort((one, other) => {
    const differs = one.order.findIndex((value, index) => value !== other.order[index]);
    return differs === -1 ? 0 : one.order[differs]! - (other.order[differs] ?? 0);
  });
  return found.map(({ path, order: [, ...numbers] }, index) => {
    const half = lists.size > 1 ? `${path.split('.')[0]} ` : '';
    const isPlain = lists.size === 1 && numbers.length === 1;
    return { path, number: isPlain ? numbers[0]! : index, name: half + numbers.join('.') };
  });
}
