import { algorithmsOf } from '../ingest/compression-config.ts';
import { isObject, parsePythonJson } from '../ingest/python-json.ts';
import type { Run } from '../types.ts';

export type Setting = number | string | boolean | null;

/** One setting of several trainings. */
export interface SettingRow {
  /** `compression`: the configuration of NNCF. `training`: the Trainer's arguments. `model`: config.json. */
  readonly group: 'compression' | 'training' | 'model';
  /** With dots for what lies deeper, such as `movement_sparsity.params.power`. */
  readonly name: string;
  /** One for each run; null where it isn't known or is Python's None. */
  readonly values: readonly Setting[];
  readonly differs: boolean;
}

/** All settings of the runs, those that differ marked, in a fixed order: by group, and in each by name. */
export function compareSettings(runs: readonly Run[]): SettingRow[] {
  const settings = runs.map(settingsOf);
  const names = [...new Set(settings.flatMap((one) => [...one.keys()]))].sort();
  return names
    .map((key): SettingRow => {
      const [group = '', name = ''] = key.split(/ (.*)/s);
      const values = settings.map((one) => one.get(key) ?? null);
      const differs = values.some((value) => JSON.stringify(value) !== JSON.stringify(values[0]));
      return { group: group as SettingRow['group'], name, values, differs };
    })
    .sort((one, other) => groups.indexOf(one.group) - groups.indexOf(other.group));
}

const groups: ReadonlyArray<SettingRow['group']> = ['compression', 'training', 'model'];

/** Settings of one run under `group name`. Where several files tell one, the most exact is believed. */
function settingsOf(run: Run): Map<string, Setting> {
  const found = new Map<string, Setting>();
  const add = (group: SettingRow['group'], value: unknown, path = ''): void => {
    if (isObject(value)) {
      for (const [key, inner] of Object.entries(value))
        add(group, inner, path === '' ? key : `${path}.${key}`);
    } else if (value !== undefined && path !== '' && !path.endsWith('token'))
      found.set(`${group} ${path}`, plain(value));
  };
  for (const { value } of algorithmsOf(run.config?.source)) {
    if (!isObject(value)) continue;
    const { algorithm, ...rest } = value;
    add('compression', rest, String(algorithm));
  }
  add('model', run.model);
  const { stepsPerEpoch, maxSteps, epochs, trainableParameters } = run.training;
  add('training', { stepsPerEpoch, maxSteps, num_train_epochs: epochs, trainableParameters });
  add('training', run.hyperparameters);
  add('training', run.trainingArguments);
  const text = run.texts['args/text_summary'];
  if (text !== undefined) add('training', parsePythonJson(text).value);
  return found;
}

/** Lists are compared as a whole, as their JSON with sorted keys. */
function plain(value: unknown): Setting {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}
