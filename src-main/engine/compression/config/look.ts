import { algorithmsOf } from '../ingest/compression-config.ts';
import { isObject, parsePythonJson } from '../ingest/python-json.ts';
import type { FileProblem } from '../types.ts';
import { changeFor } from './changes.ts';
import type { ConfigContext, ConfigFinding } from './findings.ts';
import type { ModelLayers } from './model-layers.ts';
import { checkConfig, quantizationScopes } from './rules.ts';
import { configSchedule, type PlannedSchedule } from './schedule.ts';
import { type ScopeMatch, ScopeMatcher, scopesAt } from './scope-matcher.ts';
import { type LayerPlan, planLayers } from './scopes.ts';

export interface ConfigPlan {
  readonly epochs: number;
  readonly stepsPerEpoch?: number;
  readonly model?: ModelLayers;
}

/** All that an editor shows of a configuration's text. */
export interface ConfigLook {
  /** What keeps the text from being JSON; then nothing else is known. */
  readonly fault?: FileProblem;
  readonly findings: ReadonlyArray<ConfigFinding & { readonly change: string }>;
  /**
   * Each scope by its JSON path: those of movement sparsity match layers, those of quantization operations; what movement
   * sparsity ignores may be other operations, too.
   */
  readonly scopes: ReadonlyArray<ScopeMatch & { readonly path: string }>;
  readonly layers: readonly LayerPlan[];
  readonly schedule?: PlannedSchedule;
}

/** Looks at the text of a configuration as the rules, the scopes and the schedule see it. */
export function lookAtConfig(text: string, { epochs, stepsPerEpoch, model }: ConfigPlan): ConfigLook {
  const { value, problems } = parsePythonJson(text);
  const [fault] = problems;
  if (fault) return { fault, findings: [], scopes: [], layers: [] };
  const layers = model?.layers ?? [];
  const perEpoch = stepsPerEpoch ?? model?.stepsPerEpoch;
  const context: ConfigContext = {
    epochs,
    ...(perEpoch === undefined ? {} : { stepsPerEpoch: perEpoch }),
    ...(model?.modelType === undefined ? {} : { modelType: model.modelType }),
    ...(layers.length === 0 ? {} : { layers }),
  };
  const schedule = configSchedule(value, {
    epochs,
    ...(perEpoch === undefined ? {} : { stepsPerEpoch: perEpoch }),
    ...(model?.initialThreshold === undefined ? {} : { initialThreshold: model.initialThreshold }),
  });
  const matcher = new ScopeMatcher(layers.map(({ name }) => name));
  const operations = new ScopeMatcher(model?.operations ?? []);
  return {
    findings: checkConfig(value, context, matcher).map((finding) => ({
      ...finding,
      change: changeFor(finding.rule),
    })),
    scopes: scopesOf(value).map(({ path, pattern, of }) => ({
      path,
      ...matchOf(pattern, of, matcher, operations),
    })),
    layers: planLayers(value, layers, matcher),
    ...(schedule ? { schedule } : {}),
  };
}

/** NNCF wants a scope that leaves out to be found in the model, where it may mean other operations than layers. */
function matchOf(
  pattern: string,
  of: Scope['of'],
  layers: ScopeMatcher,
  operations: ScopeMatcher,
): ScopeMatch {
  if (of === 'operations') return operations.match(pattern);
  const match = layers.match(pattern);
  const more = of === 'either' && match.layers.length === 0 && layers.knows(pattern);
  return more ? operations.match(pattern) : match;
}

interface Scope {
  readonly path: string;
  readonly pattern: string;
  readonly of: 'layers' | 'operations' | 'either';
}

function scopesOf(config: unknown): Scope[] {
  const list = (scopes: unknown, path: string, of: Scope['of']): Scope[] =>
    scopesAt(scopes, path).flatMap(({ path: place, scope }) =>
      typeof scope === 'string' ? [{ path: place, pattern: scope, of }] : [],
    );
  return algorithmsOf(config).flatMap(({ path, value }) => {
    if (!isObject(value)) return [];
    if (value['algorithm'] === 'quantization') {
      return quantizationScopes(value, path).flatMap(({ path: at, scopes }) =>
        list(scopes, at, 'operations'),
      );
    }
    if (value['algorithm'] !== 'movement_sparsity') return [];
    const entries = value['sparse_structure_by_scopes'];
    return [
      ...(Array.isArray(entries) ? entries : []).flatMap((entry: unknown, index) =>
        isObject(entry)
          ? list(
              entry['target_scopes'],
              `${path}.sparse_structure_by_scopes[${index}].target_scopes`,
              'layers',
            )
          : [],
      ),
      ...list(value['ignored_scopes'], `${path}.ignored_scopes`, 'either'),
      ...list(value['target_scopes'], `${path}.target_scopes`, 'layers'),
    ];
  });
}
