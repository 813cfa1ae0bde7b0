import { isAbsolute, join, resolve } from 'node:path';
import { isFile, isFolder, namesIn, readText } from '../files/folder.ts';
import { DataYaml, namesOf, type YamlValue } from '../formats/yolo/yaml.ts';
import type { TrainingFindings } from './findings.ts';
import type { PointShape } from './labels.ts';

/** What a `data.yaml` says, with its paths resolved. */
export interface TrainingDescription {
  /** The `data.yaml`, absolute. */
  readonly file: string;
  /** The folder that the paths of the subsets count from, absolute. */
  readonly root: string;
  readonly classes: readonly string[];
  /** The points of a pose set. */
  readonly shape: PointShape | null;
  /** The file as it is written. */
  readonly yaml: DataYaml;
  /** Folders and lists of pictures that are there, absolute, by subset. */
  readonly subsets: ReadonlyMap<'train' | 'val' | 'test', readonly string[]>;
}

/** The file that describes a set, the usual names first; undefined where there is none. */
export async function findDescription(folder: string): Promise<string | undefined> {
  const names = (await namesIn(folder)).filter((name) => /\.ya?ml$/i.test(name));
  const ordered = [...names.filter((name) => /^(data|dataset)\.ya?ml$/i.test(name)), ...names];
  for (const name of ordered) if (await isFile(join(folder, name))) return join(resolve(folder), name);
  return undefined;
}

/** Reads a `data.yaml` as Ultralytics' `check_det_dataset` does. What is wrong with it becomes findings. */
export async function readDescription(
  folder: string,
  file: string,
  findings: TrainingFindings,
): Promise<TrainingDescription> {
  const text = await readText(file);
  const yaml = new DataYaml(text, (reason) => findings.add('unreadable_description', reason));
  const { fields } = yaml;
  const root = await rootOf(resolve(folder), fields.get('path'), findings);
  const subsets = new Map<'train' | 'val' | 'test', readonly string[]>();
  for (const subset of ['train', 'val', 'test'] as const) {
    const value = fields.get(subset) ?? (subset === 'val' ? fields.get('validation') : undefined);
    const given = (typeof value === 'string' ? [value] : Array.isArray(value) ? value : []) as string[];
    const paths: string[] = [];
    for (const path of given.filter(Boolean)) {
      const found = await existing(root, path);
      if (found !== null) paths.push(found);
      else findings.add(subset === 'test' ? 'missing_test' : 'missing_path', `${subset}: ${path}`);
    }
    if (given.length > 0) subsets.set(subset, paths);
    else if (subset !== 'test') findings.add('missing_subset', subset);
  }
  const [classes, shape] = [classesOf(fields, findings), shapeOf(fields, findings)];
  return { file, root, classes, shape, yaml, subsets };
}

/** An absolute path is taken; a relative one counts from the working folder or Ultralytics' own, which nobody knows here. */
async function rootOf(
  folder: string,
  path: YamlValue | undefined,
  findings: TrainingFindings,
): Promise<string> {
  if (typeof path !== 'string' || path === '') return folder;
  if (isAbsolute(path)) {
    if (await isFolder(path)) return resolve(path);
    findings.add('missing_path', `path: ${path}`);
    return folder;
  }
  findings.add('relative_path', `path: ${path}`);
  const below = resolve(folder, path);
  return below.startsWith(folder) && (await isFolder(below)) ? below : folder;
}

/** Roboflow writes `../train/images` for a folder beside data.yaml, and Ultralytics takes it for that. */
async function existing(root: string, path: string): Promise<string | null> {
  const tries = path.startsWith('../') ? [path, path.slice(3)] : [path];
  for (const one of tries) {
    const full = resolve(root, one);
    if ((await isFolder(full)) || (await isFile(full))) return full;
  }
  return null;
}

function classesOf(fields: ReadonlyMap<string, YamlValue>, findings: TrainingFindings): string[] {
  const given = fields.get('names');
  const count = fields.get('nc');
  const wanted = count === undefined ? null : Number(count);
  if (wanted !== null && (!Number.isInteger(wanted) || wanted < 1 || count === '')) {
    findings.add('bad_classes', `nc: ${String(count)}`);
  }
  if (given === undefined || given === '') {
    if (wanted === null) findings.add('bad_classes', 'There is neither names nor nc.');
    const known = wanted !== null && wanted > 0 && wanted <= 100_000 ? Math.trunc(wanted) : 0;
    return Array.from({ length: known }, (_, index) => `class_${index}`);
  }
  const names = namesOf(given);
  const entries = given instanceof Map ? given.size : names.length;
  if (entries === 0) findings.add('bad_classes', 'The list names is empty.');
  if (wanted !== null && wanted !== entries) {
    findings.add('bad_classes', `There are ${entries} names, and nc is ${String(count)}.`);
  }
  if (names.length !== entries) {
    findings.add('bad_classes', `${entries} names are numbered up to ${names.length - 1}.`);
  }
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) < index)
      findings.add('same_class', `${name}: ${names.indexOf(name)} and ${index}`);
  }
  return names;
}

function shapeOf(fields: ReadonlyMap<string, YamlValue>, findings: TrainingFindings): PointShape | null {
  const value = fields.get('kpt_shape');
  if (value === undefined) return null;
  const [points = 0, numbers = 0] = Array.isArray(value) ? value.map(Number) : [];
  if (Number.isInteger(points) && points > 0 && points <= 1000 && (numbers === 2 || numbers === 3)) {
    return { points, numbers };
  }
  findings.add('bad_points', `kpt_shape: ${String(value)}`);
  return null;
}
