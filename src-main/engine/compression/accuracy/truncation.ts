/**
 * How many tokens of one text, or of each of two, stay within a limit: the longer one is cut first, and where both are
 * too long each gets half, the longer one the odd token. As `TruncationStrategy::LongestFirst` of Hugging Face's
 * tokenizers (src/utils/truncation.rs).
 *
 * @param lengths one or two, without special tokens.
 */
export function longestFirst(lengths: readonly number[], limit: number): number[] {
  const [first = 0, second] = lengths;
  if (second === undefined) return [Math.min(first, limit)];
  if (first + second <= limit) return [first, second];
  const short = Math.min(first, second);
  const half = Math.floor(limit / 2);
  const [less, more] = short > half ? [half, limit - half] : [short, limit - short];
  return first > second ? [more, less] : [less, more];
}
