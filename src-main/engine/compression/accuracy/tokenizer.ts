import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { RefineryError } from '../../../contract/errors.ts';
import { asNumber, isObject, type JsonObject } from '../ingest/python-json.ts';
import { longestFirst } from './truncation.ts';

/** A text as numbers, special tokens included, without padding. */
export interface Encoded {
  readonly ids: readonly number[];
  readonly typeIds: readonly number[];
}

export interface TextTokenizer {
  /** The longest that the tokenizer's files allow; missing where they say nothing. */
  readonly maxLength?: number;
  readonly padId: number;
  /** At most `maxLength` tokens, cut as Hugging Face does by `longest_first`. */
  encode(text: string, pair: string | undefined, maxLength: number): Encoded;
}

/**
 * Opens the tokenizer that was saved with a model: tokenizer.json, or vocab.txt of BERT's WordPiece.
 *
 * @param folders where to look, in this order.
 * @throws {RefineryError} `INPUT_NOT_FOUND`, `INPUT_CORRUPT`.
 */
export async function openTokenizer(folders: readonly string[]): Promise<TextTokenizer> {
  for (const folder of folders) {
    const whole = await read(join(folder, 'tokenizer.json'));
    const vocabulary = whole === undefined ? await read(join(folder, 'vocab.txt')) : undefined;
    if (whole === undefined && vocabulary === undefined) continue;
    const settings = parseObject((await read(join(folder, 'tokenizer_config.json'))) ?? '{}');
    const description = whole === undefined ? wordPiece(vocabulary!, settings) : parseObject(whole);
    return wrap(description, settings);
  }
  throw new RefineryError('INPUT_NOT_FOUND', 'There is no tokenizer beside the model.', {
    hint: 'Name a folder with tokenizer.json or vocab.txt: that of the training, or of the model it began with.',
    details: folders.join('\n'),
  });
}

/** Where a model's tokenizer may lie: beside it, and above a checkpoint. */
export const foldersOf = (model: string): string[] => [dirname(model), dirname(dirname(model))];

async function read(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size > 256 << 20) return undefined;
  return readFile(path, 'utf8');
}

function parseObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch (cause) {
    throw damaged(cause);
  }
  throw damaged(undefined);
}

const damaged = (cause: unknown): RefineryError =>
  new RefineryError('INPUT_CORRUPT', 'The tokenizer’s file is damaged.', {
    hint: 'Copy tokenizer.json from the model again.',
    cause,
  });

function wrap(description: JsonObject, settings: JsonObject): TextTokenizer {
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(description, settings);
    tokenizer.encode('a');
  } catch (cause) {
    throw damaged(cause);
  }
  const truncation = description['truncation'];
  // Where nothing limits it, Hugging Face writes a number with thirty digits.
  const lengths = [
    isObject(truncation) ? asNumber(truncation['max_length']) : undefined,
    asNumber(settings['model_max_length']),
  ];
  const maxLength = lengths.find((length) => length !== undefined && length > 0 && length < 1e6);
  const padToken = settings['pad_token'];
  return {
    ...(maxLength === undefined ? {} : { maxLength }),
    padId: tokenizer.token_to_id(typeof padToken === 'string' ? padToken : '[PAD]') ?? 0,
    encode: (text, pair, most) => encode(tokenizer, text, pair, most),
  };
}

function encode(tokenizer: Tokenizer, text: string, pair: string | undefined, most: number): Encoded {
  const options = {
    return_token_type_ids: true,
    ...(pair === undefined ? {} : { text_pair: pair }),
  } as const;
  const { ids, token_type_ids: typeIds } = tokenizer.encode(text, options);
  if (ids.length <= most) return { ids, typeIds };
  const parts = [text, ...(pair === undefined ? [] : [pair])].map(
    (part) => tokenizer.encode(part, { add_special_tokens: false }).ids,
  );
  const lengths = parts.map((part) => part.length);
  const special = ids.length - lengths.reduce((sum, length) => sum + length, 0);
  const kept = longestFirst(lengths, Math.max(0, most - special));
  const chosen = new Set(ids.keys());
  let from = 0;
  parts.forEach((part, index) => {
    const at = indexOf(ids, part, from);
    for (let drop = at + kept[index]!; drop < at + part.length; drop++) chosen.delete(drop);
    from = at + part.length;
  });
  const keep = <Value>(list: readonly Value[]): Value[] => list.filter((_, index) => chosen.has(index));
  return { ids: keep(ids), typeIds: keep(typeIds) };
}

/** Where a part stands in the whole. Special tokens come before it, at most a few. */
function indexOf(whole: readonly number[], part: readonly number[], from: number): number {
  for (let at = from; at + part.length <= whole.length; at++) {
    if (part.every((id, index) => whole[at + index] === id)) return at;
  }
  return from;
}

/**
 * BERT's WordPiece as a tokenizer.json describes it, from its vocabulary (a token a line, its number is the line's from
 * 0) and the settings of transformers' BertTokenizer.
 */
function wordPiece(vocabulary: string, settings: JsonObject): JsonObject {
  const tokens = vocabulary.replace(/\r?\n$/, '').split(/\r?\n/);
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const named = (key: string, usual: string): string =>
    typeof settings[key] === 'string' ? settings[key] : usual;
  const [unknown, sep, cls] = [
    named('unk_token', '[UNK]'),
    named('sep_token', '[SEP]'),
    named('cls_token', '[CLS]'),
  ];
  const special = [named('pad_token', '[PAD]'), unknown, cls, sep, named('mask_token', '[MASK]')];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [...new Set(special)].flatMap((content) => {
      const id = vocab[content];
      const never = { single_word: false, lstrip: false, rstrip: false, normalized: false };
      return id === undefined ? [] : [{ id, content, ...never, special: true }];
    }),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: settings['tokenize_chinese_chars'] !== false,
      strip_accents: settings['strip_accents'] ?? null,
      lowercase: settings['do_lower_case'] !== false,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', sep: [sep, vocab[sep] ?? 0], cls: [cls, vocab[cls] ?? 0] },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: unknown,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}
