/** What to change when a rule of `checkConfig` is broken, by the rule's name. */
const changes: Readonly<Record<string, string>> = {
  'algorithm-missing': 'Add an algorithm, such as movement_sparsity, or begin with a preset.',
  required: 'Fill it in.',
  type: 'Write a value of the type that is asked for, numbers without quotes.',
  'unknown-key': 'Take it out, or look for a slip in its name.',
  'masking-family': 'Switch structured masking off, or train a model of one of these families.',
  'start-negative': 'Begin at epoch 1, or at 0 with steps per epoch given.',
  'start-before-measured': 'Begin at epoch 1 or later, or give steps per epoch.',
  'end-before-start': 'Let warm-up end at a later epoch than it begins.',
  'end-after-training': 'Let warm-up end at least an epoch or two before training does, or plan more epochs.',
  'factor-negative': 'Take 0 or more; published configurations have 0.02 to 0.05.',
  'steps-differ': 'Give the true number of optimizer steps, or leave it out: it is then measured.',
  'threshold-order': 'Let it begin below where it ends, or leave the beginning to NNCF.',
  'scope-expression': 'Close every bracket; a bracket of a name is written \\[ and \\].',
  'scope-unknown': 'Write it simpler to see here what it matches, or leave it if NNCF takes it.',
  mode: 'Take fine, block or per_dim.',
  'fine-axis': 'Take the axis out.',
  'fine-factors': 'Take the factors out.',
  'block-axis': 'Take the axis out.',
  'block-factors': 'Give two whole numbers, such as the size of a head twice: 64 and 64 of 12 heads in 768.',
  'block-divides':
    'Take numbers that divide both sizes of the weight; for heads, those that divide the head’s size.',
  'per-dim-axis': 'Take axis 0 to remove outputs (rows), 1 to remove inputs (columns).',
  'per-dim-factors': 'Take the factors out.',
  'no-layer': 'Pick the layers from the model’s own names.',
  'layer-twice': 'Narrow one of both scopes.',
};

/** One sentence on what to do about a finding; empty where its message says all. */
export const changeFor = (rule: string): string => changes[rule] ?? '';
