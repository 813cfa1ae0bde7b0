import type { FileProblem, LogRow, Parsed } from '../types.ts';
import { asNumber, asText, isObject, type JsonObject, parseJsonObject, present } from './python-json.ts';

/** What is used of a Trainer's `trainer_state.json`, which it writes into each checkpoint and at the end. */
export interface TrainerState {
  readonly rows: readonly LogRow[];
  readonly globalStep?: number;
  readonly maxSteps?: number;
  readonly epochs?: number;
  readonly epoch?: number;
  readonly loggingSteps?: number;
  readonly trainBatchSize?: number;
  readonly bestMetric?: number;
  readonly bestCheckpoint?: string;
}

/** Numbers of a logged dictionary, without those that say where it stands. */
export function rowValues(row: JsonObject): Record<string, number> {
  const values: Record<string, number> = {};
  for (const [key, value] of Object.entries(row)) {
    if (typeof value === 'number' && key !== 'step' && key !== 'epoch') values[key] = value;
  }
  return values;
}

/** Reads the text of a `trainer_state.json`. Rows that make no sense are reported and left out. */
export function parseTrainerState(source: string): Parsed<TrainerState> {
  const { value: state, problems: faults } = parseJsonObject(source);
  if (!state) return { problems: faults };
  const problems: FileProblem[] = [];
  const rows: LogRow[] = [];
  const history = state['log_history'];
  if (!Array.isArray(history)) {
    problems.push({ severity: 'error', message: 'The list log_history is missing.', place: { path: '$' } });
  } else {
    history.forEach((row: unknown, index) => {
      const step = isObject(row) ? asNumber(row['step']) : undefined;
      if (!isObject(row) || step === undefined || !Number.isInteger(step) || step < 0) {
        const place = { path: `$.log_history[${index}]` };
        problems.push({ severity: 'warning', message: 'This row has no step and is left out.', place });
        return;
      }
      rows.push({ step, ...present({ epoch: asNumber(row['epoch']) }), values: rowValues(row) });
    });
  }
  const facts = present({
    globalStep: asNumber(state['global_step']),
    maxSteps: asNumber(state['max_steps']),
    epochs: asNumber(state['num_train_epochs']),
    epoch: asNumber(state['epoch']),
    loggingSteps: asNumber(state['logging_steps']),
    trainBatchSize: asNumber(state['train_batch_size']),
    bestMetric: asNumber(state['best_metric']),
    bestCheckpoint: asText(state['best_model_checkpoint']),
  });
  return { value: { rows, ...facts }, problems };
}
