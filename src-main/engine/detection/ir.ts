import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RefineryError } from '../../contract/errors.ts';
import { child, type IrElement, parseIr, writeIr } from '../models/ir/document.ts';

/** The `.xml` itself, or the only one in the folder that `yolo export format=openvino` made. */
export async function irFile(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new RefineryError('INPUT_NOT_FOUND', `There is no model ${path}.`);
  if (!found.isDirectory()) return path;
  const [first, second] = (await readdir(path)).filter((name) => /\.xml$/i.test(name));
  if (first !== undefined && second === undefined) return join(path, first);
  throw new RefineryError(
    'BAD_REQUEST',
    first === undefined ? `There is no IR in ${path}.` : `There are several IRs in ${path}.`,
    { hint: 'Name the .xml file.' },
  );
}

/** @throws {RefineryError} `MODEL_NOT_INSTALLED` for an IR without its weights, `MODEL_CORRUPT`. */
export async function readIr(file: string): Promise<IrElement> {
  const weights = file.replace(/\.xml$/i, '.bin');
  if (weights === file || !(await stat(weights).catch(() => undefined))) {
    throw new RefineryError('MODEL_NOT_INSTALLED', `${basename(file)} is no IR with its weights beside it.`, {
      hint: 'An IR has two files, .xml and .bin, in the same folder.',
    });
  }
  try {
    return parseIr(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new RefineryError('MODEL_CORRUPT', `${basename(file)} can’t be read.`, {
      hint: 'Export or copy it again.',
      cause,
    });
  }
}

/**
 * An IR whose outputs have names. Exports out of PyTorch have none, and without them neither implementation of
 * openvino-node gives out what a network made.
 */
export async function withNamedOutputs(file: string): Promise<{ xml: string; weights: Buffer }> {
  const net = await readIr(file);
  const layers = child(net, 'layers')?.children ?? [];
  const edges = child(net, 'edges')?.children ?? [];
  const results = layers.filter(({ attributes }) => attributes['type'] === 'Result');
  for (const [index, { attributes }] of results.entries()) {
    const edge = edges.find((one) => one.attributes['to-layer'] === attributes['id'])?.attributes;
    const source = layers.find((layer) => layer.attributes['id'] === edge?.['from-layer']);
    const port = child(source ?? net, 'output')?.children.find(
      (one) => one.attributes['id'] === edge?.['from-port'],
    );
    if (port) port.attributes['names'] ||= `output${index}`;
  }
  return {
    xml: `<?xml version="1.0"?>\n${writeIr(net)}\n`,
    weights: await readFile(file.replace(/\.xml$/i, '.bin')),
  };
}
