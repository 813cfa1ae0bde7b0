import { Plus, X } from 'lucide-react';
import { useId, useMemo } from 'react';
import { count } from '../../../ui/format.ts';
import { Button, IconButton, Segmented } from '../../../ui/parts.tsx';
import { algorithmsIn, type ConfigPath, isObject, readConfig } from './config-text.ts';
import { NumberField, Problems, SwitchField, useFindings } from './fields.tsx';
import { Schedule } from './schedule.tsx';
import { ScopesField } from './scopes-field.tsx';
import { change, useEditing } from './state.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** The configuration as fields, each with what is wrong with it. */
export function Form() {
  const text = useEditing((state) => state.text) ?? '';
  const { whole, value } = useMemo(() => readConfig(text), [text]);
  const problems = useFindings([]);
  const algorithms = algorithmsIn(value);
  const movement = algorithms.find((one) => one.value['algorithm'] === 'movement_sparsity');
  const quantization = algorithms.find((one) => one.value['algorithm'] === 'quantization');
  if (!whole) {
    return (
      <p className="quiet" role="status">
        The text is not JSON at the moment. The fields come back when it is.
      </p>
    );
  }
  return (
    <>
      <Problems id="config-problems" findings={problems} />
      {movement ? (
        <Movement path={movement.path} value={movement.value} />
      ) : (
        <Missing
          title="Movement sparsity"
          text="Nothing is pruned without it."
          onAdd={() => addAlgorithm(value, newMovement)}
        />
      )}
      {quantization ? (
        <Quantization path={quantization.path} value={quantization.value} />
      ) : (
        <Missing
          title="Quantization"
          text="Weights and activations stay in float without it."
          onAdd={() => addAlgorithm(value, { algorithm: 'quantization' })}
        />
      )}
    </>
  );
}

const newMovement = {
  algorithm: 'movement_sparsity',
  params: { warmup_start_epoch: 1, warmup_end_epoch: 3, importance_regularization_factor: 0.02 },
  sparse_structure_by_scopes: [],
  ignored_scopes: [],
};

/** Into the list that is there; one algorithm alone becomes a list of two. */
function addAlgorithm(config: unknown, algorithm: object): void {
  const held = isObject(config) && 'compression' in config ? config['compression'] : config;
  const base: ConfigPath = held === config ? [] : ['compression'];
  const alone = isObject(held) && Object.keys(held).length > 0 ? [held] : [];
  const list: readonly unknown[] = Array.isArray(held) ? held : alone;
  change(base, [...list, algorithm]);
}

interface MissingProps {
  readonly title: string;
  readonly text: string;
  readonly onAdd: () => void;
}

function Missing({ title, text, onAdd }: MissingProps) {
  return (
    <section className="section" aria-label={title}>
      <div className="row spread">
        <h2>{title}</h2>
        <Button onClick={onAdd}>Add</Button>
      </div>
      <p className="quiet">{text}</p>
    </section>
  );
}

interface AlgorithmProps {
  readonly path: ConfigPath;
  readonly value: JsonObject;
}

function Movement({ path, value }: AlgorithmProps) {
  const params = isObject(value['params']) ? value['params'] : {};
  const at = (key: string): ConfigPath => [...path, 'params', key];
  const entries = Array.isArray(value['sparse_structure_by_scopes'])
    ? value['sparse_structure_by_scopes']
    : [];
  const entriesPath = [...path, 'sparse_structure_by_scopes'];
  const unknown = useFindings([...path, 'params']);
  return (
    <>
      <section className="section" aria-label="Schedule">
        <h2>Schedule</h2>
        <Problems id="params-problems" findings={unknown} />
        <div className="fields">
          <NumberField
            path={at('warmup_start_epoch')}
            label="Warm-up begins at epoch"
            value={params['warmup_start_epoch']}
          />
          <NumberField
            path={at('warmup_end_epoch')}
            label="Warm-up ends at epoch"
            value={params['warmup_end_epoch']}
          />
          <NumberField
            path={at('importance_regularization_factor')}
            label="Regularisation factor"
            value={params['importance_regularization_factor']}
            hint="The higher, the more is pruned."
          />
        </div>
        <SwitchField
          path={at('enable_structured_masking')}
          value={params['enable_structured_masking']}
          otherwise
        >
          Remove heads and rows whole after warm-up, so that the model gets smaller
        </SwitchField>
        <details className="more">
          <summary>More of the schedule</summary>
          <div className="fields">
            <NumberField
              path={at('power')}
              label="Power of the curve"
              value={params['power']}
              otherwise="3"
            />
            <NumberField
              path={at('init_importance_threshold')}
              label="Threshold begins at"
              value={params['init_importance_threshold']}
              otherwise="NNCF finds it"
            />
            <NumberField
              path={at('final_importance_threshold')}
              label="Threshold ends at"
              value={params['final_importance_threshold']}
              otherwise="0"
            />
            <NumberField
              path={at('steps_per_epoch')}
              label="Steps per epoch"
              value={params['steps_per_epoch']}
              otherwise="measured"
            />
          </div>
        </details>
        <Schedule />
      </section>
      <section className="section" aria-label="Structure">
        <div className="row spread">
          <h2>What is pruned, and how</h2>
          <Button
            onClick={() =>
              change([...entriesPath, entries.length], {
                mode: 'block',
                sparse_factors: [32, 32],
                target_scopes: [],
              })
            }
          >
            <Plus size={14} aria-hidden /> Add an entry
          </Button>
        </div>
        {entries.map((entry: unknown, index) => (
          <Entry
            // biome-ignore lint/suspicious/noArrayIndexKey: an entry is its place.
            key={index}
            number={index + 1}
            path={[...entriesPath, index]}
            value={isObject(entry) ? entry : {}}
          />
        ))}
        {entries.length === 0 && (
          <p className="quiet">Without entries single weights become zero, and the model gets no smaller.</p>
        )}
        <ScopesField
          path={[...path, 'ignored_scopes']}
          label="Left as it is"
          value={value['ignored_scopes']}
        />
        {value['target_scopes'] !== undefined && (
          <ScopesField path={[...path, 'target_scopes']} label="Only these" value={value['target_scopes']} />
        )}
      </section>
    </>
  );
}

interface EntryProps extends AlgorithmProps {
  readonly number: number;
}

/** How some layers are cut: blocks for heads, rows or columns for the feed-forward part, or single weights. */
function Entry({ number, path, value }: EntryProps) {
  const id = useId();
  const [rows, columns] = Array.isArray(value['sparse_factors']) ? value['sparse_factors'] : [];
  const mode = modes.find(([name]) => name === value['mode'])?.[0] ?? null;
  const layers = useEditing((state) => state.view?.layers);
  const fitting = (layers ?? []).filter((layer) => layer.entry === number - 1 && layer.fits);
  const own = useFindings(path);
  const modeProblems = useFindings([...path, 'mode']);
  const factorProblems = useFindings([...path, 'sparse_factors']);
  const axisProblems = useFindings([...path, 'axis']);
  const take = (next: (typeof modes)[number][0]): void => {
    const { sparse_factors: _, axis: __, ...rest } = value;
    const more = next === 'block' ? { sparse_factors: [32, 32] } : next === 'per_dim' ? { axis: 0 } : {};
    change(path, { ...rest, mode: next, ...more });
  };
  return (
    <fieldset className="entry" aria-label={`Entry ${number}`}>
      <div className="row spread">
        <Segmented label={`Mode of entry ${number}`} value={mode} options={modes} onChange={take} />
        <IconButton label={`Take out entry ${number}`} onClick={() => change(path, undefined)}>
          <X size={14} />
        </IconButton>
      </div>
      <Problems id={`${id}-own`} findings={[...own, ...modeProblems]} />
      {mode === 'block' && (
        <>
          <div className="fields">
            <NumberField path={[...path, 'sparse_factors', 0]} label="Outputs of a block" value={rows} />
            <NumberField path={[...path, 'sparse_factors', 1]} label="Inputs of a block" value={columns} />
          </div>
          <Problems id={`${id}-factors`} findings={factorProblems} />
        </>
      )}
      {mode === 'per_dim' && (
        <>
          <Segmented
            label={`What entry ${number} removes`}
            value={value['axis'] === 0 ? 'outputs' : value['axis'] === 1 ? 'inputs' : null}
            options={[
              ['outputs', 'Outputs (rows)'],
              ['inputs', 'Inputs (columns)'],
            ]}
            onChange={(axis) => change([...path, 'axis'], axis === 'outputs' ? 0 : 1)}
          />
          <Problems id={`${id}-axis`} findings={axisProblems} />
        </>
      )}
      {mode !== 'block' && factorProblems.length > 0 && (
        <Problems id={`${id}-factors`} findings={factorProblems} />
      )}
      <ScopesField path={[...path, 'target_scopes']} label="Of these layers" value={value['target_scopes']} />
      {fitting.length > 0 && (
        <p className="quiet">
          {count(fitting.length, 'layer')}:{' '}
          {[...new Set(fitting.map(({ shape }) => shape.join(' × ')))].join(', ')}
        </p>
      )}
    </fieldset>
  );
}

const modes = [
  ['block', 'Blocks'],
  ['per_dim', 'Rows or columns'],
  ['fine', 'Single weights'],
] as const;

function Quantization({ path, value }: AlgorithmProps) {
  const initializer = isObject(value['initializer']) ? value['initializer'] : {};
  const range = isObject(initializer['range']) ? initializer['range'] : {};
  const preset = value['preset'];
  return (
    <section className="section" aria-label="Quantization">
      <div className="row spread">
        <h2>Quantization</h2>
        <Button onClick={() => change(path, undefined)}>Take out</Button>
      </div>
      <div className="field">
        <span className="label">Activations</span>
        <Segmented
          label="Activations"
          value={preset === 'mixed' ? 'mixed' : 'performance'}
          options={[
            ['performance', 'Symmetric, faster'],
            ['mixed', 'Asymmetric, more exact'],
          ]}
          onChange={(next) => change([...path, 'preset'], next)}
        />
      </div>
      <div className="fields">
        <NumberField
          path={[...path, 'initializer', 'range', 'num_init_samples']}
          label="Examples for the first ranges"
          value={range['num_init_samples']}
          otherwise="NNCF’s own"
        />
      </div>
      <ScopesField
        path={[...path, 'ignored_scopes']}
        label="Operations that stay in float"
        value={value['ignored_scopes']}
        of="operations"
      />
    </section>
  );
}
