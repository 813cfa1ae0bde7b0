/** 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))), as two classes write it. */
const byTanh = [
  '__rmul___0',
  'pow_0',
  '__rmul___1',
  '__add___0',
  '__rmul___2',
  'tanh_0',
  '__radd___0',
  '__mul___0',
] as const;

/**
 * Classes of the functions between feed-forward layers, by what `config.json` calls them, and the operations that NNCF
 * sees in each. `linear` has none.
 */
export const activations: Readonly<Record<string, readonly [kind: string, ...operations: string[]]>> = {
  gelu: ['GELUActivation', 'gelu_0'],
  gelu_10: ['ClippedGELUActivation', 'GELUActivation/gelu_0', 'clip_0'],
  gelu_fast: [
    'FastGELUActivation',
    '__rmul___0',
    '__mul___0',
    '__rmul___1',
    '__mul___1',
    '__radd___0',
    '__mul___2',
    'tanh_0',
    '__radd___1',
    '__mul___3',
  ],
  gelu_new: ['NewGELUActivation', ...byTanh],
  gelu_python: ['GELUActivation', '__mul___0', '__truediv___0', 'erf_0', '__radd___0', '__mul___1'],
  gelu_pytorch_tanh: ['PytorchGELUTanh', 'gelu_0'],
  gelu_accurate: ['AccurateGELUActivation', ...byTanh],
  laplace: ['LaplaceActivation', '__sub___0', 'div_0', 'erf_0', '__radd___0', '__rmul___0'],
  leaky_relu: ['LeakyReLU', 'leaky_relu_0'],
  mish: ['MishActivation', 'mish_0'],
  quick_gelu: ['QuickGELUActivation', '__rmul___0', 'sigmoid_0', '__mul___0'],
  relu: ['ReLU', 'relu_0'],
  relu2: ['ReLUSquaredActivation', 'relu_0', 'square_0'],
  relu6: ['ReLU6', 'hardtanh_0'],
  sigmoid: ['Sigmoid', 'sigmoid_0'],
  silu: ['SiLU', 'silu_0'],
  swish: ['SiLU', 'silu_0'],
  tanh: ['Tanh', 'tanh_0'],
};
