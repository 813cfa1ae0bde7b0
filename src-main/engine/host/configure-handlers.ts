import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  type ConfigFile,
  type ConfigView,
  configLimit,
  type LayerSource,
  type ModelLayersView,
} from '../../contract/configure.ts';
import { RefineryError } from '../../contract/errors.ts';
import type { Handlers } from '../../contract/wire.ts';
import {
  type ConfigLook,
  configPresets,
  layersOfConfig,
  lookAtConfig,
  type ModelLayers,
  readModelLayers,
  type ScopeMatch,
  saveText,
  suggestOperations,
  suggestScopes,
} from '../compression/index.ts';
import type { Handles } from './handles.ts';

/** Answers `configure.*`: what an editor of configurations for JPQD needs. */
export function configureHandlers({
  handles,
}: {
  readonly handles: Handles;
}): Pick<Handlers, Extract<keyof Handlers, `configure.${string}`>> {
  /** Models whose layers scopes are tried on are read once, until they are chosen again. */
  const read = new Map<string, Promise<ModelLayers>>();
  const layersAt = (handle: string): Promise<ModelLayers> => {
    const known = read.get(handle) ?? readModelLayers(handles.path(handle));
    read.set(handle, known);
    known.catch(() => read.delete(handle));
    return known;
  };
  const layersFor = async (source: LayerSource): Promise<ModelLayers> => {
    if (source.kind === 'handle') return layersAt(source.handle);
    const preset = configPresets.find(({ id }) => id === source.id);
    return preset ? layersOfConfig(preset.model) : { layers: [], operations: [], note: '' };
  };
  const file = async (path: string): Promise<ConfigFile> => {
    const [handle] = (await handles.admit([path])).handles;
    if (!handle) throw new RefineryError('INPUT_NOT_FOUND', `${basename(path)} isn’t there any more.`);
    const text = await readText(path);
    return { handle, text, stamp: stampOf(text) };
  };
  return {
    'configure.presets': () => ({
      presets: configPresets.map(({ id, title, note, epochs, config }) => ({
        id,
        title,
        note,
        epochs: epochs ?? null,
        text: `${JSON.stringify(config, null, 2)}\n`,
      })),
    }),
    'configure.layers': async ({ source }) => {
      if (source.kind === 'handle') read.delete(source.handle);
      return layersView(await layersFor(source));
    },
    'configure.check': async ({ text, planning, source }) => {
      const model = source ? await layersFor(source) : undefined;
      return configView(
        lookAtConfig(text, {
          epochs: planning.epochs,
          ...(planning.stepsPerEpoch === null ? {} : { stepsPerEpoch: planning.stepsPerEpoch }),
          ...(model ? { model } : {}),
        }),
      );
    },
    'configure.open': ({ handle }) => file(handles.path(handle)),
    'configure.save': async ({ text, target }) => {
      const path =
        target.kind === 'same' ? handles.path(target.handle) : join(handles.path(target.folder), target.name);
      if (target.kind === 'same') {
        const there = await readText(path).catch(() => undefined);
        if (there !== undefined && stampOf(there) !== target.stamp) {
          throw new RefineryError('OUTPUT_EXISTS', `${basename(path)} was changed by something else.`, {
            hint: 'Save under another name, or open it again to see what is in it now.',
          });
        }
      }
      await saveText(path, text, { overwrite: target.kind === 'same' || target.overwrite });
      return file(path);
    },
  };
}

const stampOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** @throws {RefineryError} `INPUT_UNREADABLE`, `INPUT_TOO_LARGE`. */
async function readText(path: string): Promise<string> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new RefineryError('INPUT_UNREADABLE', `${basename(path)} can’t be read.`, { cause });
  });
  if (!found.isFile() || found.size > configLimit) {
    throw new RefineryError('INPUT_TOO_LARGE', `${basename(path)} is no configuration.`, {
      hint: 'Choose the JSON that NNCF was given, or openvino_config.json.',
    });
  }
  return readFile(path, 'utf8');
}

function layersView({ layers, operations, note, epochs, stepsPerEpoch }: ModelLayers): ModelLayersView {
  const counted = ({ pattern, layers: matched }: ScopeMatch) => ({ pattern, count: matched.length });
  return {
    layers: layers.map(({ name, shape }) => ({ name, shape: [...shape] })),
    operations: [...operations],
    suggestions: suggestScopes(layers.map(({ name }) => name)).map(counted),
    operationSuggestions: suggestOperations(operations).map(counted),
    epochs: epochs ?? null,
    stepsPerEpoch: stepsPerEpoch ?? null,
    note,
  };
}

function configView({ fault, findings, scopes, layers, schedule }: ConfigLook): ConfigView {
  const place = fault?.place && 'line' in fault.place ? fault.place : { line: 1 };
  return {
    fault: fault ? { message: fault.message, line: place.line, column: place.column ?? 1 } : null,
    findings: findings.map((finding) => ({ ...finding })),
    scopes: scopes.map(({ path, pattern, layers: matched, fault: why, unknown }) => ({
      path,
      pattern,
      layers: [...matched],
      fault: why ?? unknown ?? null,
    })),
    layers: layers.map(({ name, shape, mode, entry, unit, units, fits }) => ({
      name,
      shape: [...shape],
      mode,
      entry: entry ?? null,
      unit: unit ? [unit[0], unit[1]] : null,
      units: units ? [units[0], units[1]] : null,
      fits,
    })),
    schedule: schedule
      ? {
          points: schedule.points.map(({ epoch, level, threshold, factor }) => ({
            epoch,
            level,
            threshold,
            factor,
          })),
          warmupStart: schedule.warmupStart,
          warmupEnd: schedule.warmupEnd,
          epochs: schedule.epochs,
        }
      : null,
  };
}
