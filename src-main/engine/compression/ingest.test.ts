import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inPieces, lengths } from './fixtures/pieces.ts';
import { bytesOf, haveShared, readText, whyNot } from './fixtures/shared.ts';
import { parseCompressionConfig } from './ingest/compression-config.ts';
import { ConsoleLogReader, parseConsoleLog } from './ingest/console-log.ts';
import { moduleOf, parseIrSummary } from './ingest/ir.ts';
import { NncfLogReader } from './ingest/nncf-log.ts';
import { parsePythonJson } from './ingest/python-json.ts';
import { parseStructuredSparsity } from './ingest/structured-sparsity.ts';
import { parseTrainerState } from './ingest/trainer-state.ts';
import { kindOf, openSource, sources } from './sources.ts';

describe('Python’s JSON', () => {
  test('has infinities, comments and trailing commas', () => {
    const source =
      '{"a": [-Infinity, NaN, Infinity, 1e-3,], // no\n "b": "x # -Infinity // y", /* c */ "c": null}';
    expect(parsePythonJson(source).value).toEqual({
      a: [Number.NEGATIVE_INFINITY, Number.NaN, Number.POSITIVE_INFINITY, 0.001],
      b: 'x # -Infinity // y',
      c: null,
    });
  });

  test('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parsePythonJson(text)).toEqual({ value: JSON.parse(text), problems: [] });
      }),
    );
  });

  test('what is wrong has its line and column', () => {
    const [problem] = parsePythonJson('{\n  "a": 1,\n  "b": x\n}').problems;
    expect(problem?.place).toEqual({ line: 3, column: 8 });
    expect(parsePythonJson('{"a": [1').problems[0]?.message).toContain('ends too early');
    expect(parsePythonJson('[[[[').value).toBeUndefined();
    expect(parsePythonJson('['.repeat(5000)).problems).toHaveLength(1);
    expect(parsePythonJson('').problems).toHaveLength(1);
  });
});

describe.skipIf(!haveShared)(`logs of real trainings${whyNot}`, () => {
  test('in pieces as in one', () => {
    const log = bytesOf('jpqd/console.log');
    const whole = parseConsoleLog(readText('jpqd/console.log'));
    fc.assert(
      fc.property(lengths, (pieces) => {
        expect(inPieces(new ConsoleLogReader(), log, pieces).value).toEqual(whole);
      }),
      { numRuns: 15 },
    );
  });

  test('rows of the console have the numbers of trainer_state.json, and their steps', () => {
    const { rows, header, milestones, tables } = parseConsoleLog(readText('jpqd/console.log'));
    const state = parseTrainerState(readText('jpqd/output/trainer_state.json'));
    expect(state.problems).toEqual([]);
    const logged = state.value!.rows.slice(0, -1);
    expect(rows.slice(0, -1).map(({ values, progress }) => ({ values, step: progress?.step }))).toEqual(
      logged.map(({ values, step }) => ({ values, step })),
    );
    expect(header['Total optimization steps']).toBe(288);
    expect(header['Number of trainable parameters']).toBe(846_721);
    expect(milestones.filter(({ kind }) => kind === 'saving')).toHaveLength(7);
    expect(tables['eval metrics']?.['eval_accuracy']).toBe('0.9316');
  });

  test('a failed training’s console tells the error', () => {
    const { milestones, messages } = parseConsoleLog(readText('fail_all_heads_pruned/console.log'));
    expect(milestones.at(-1)).toMatchObject({ kind: 'failed', step: 240 });
    expect(messages.filter(({ severity }) => severity === 'error').map(({ text }) => text)).toEqual([
      expect.stringContaining('OpenVINO IR pruning'),
      expect.stringContaining('RuntimeError'),
    ]);
  });

  test('NNCF’s tables: wrapped names, sparsity per epoch and layer', () => {
    const reader = inPieces(new NncfLogReader(), bytesOf('jpqd/output/nncf_output.log'), [777]);
    const { epochs, initialThreshold, notSparsified, messages } = reader.value;
    expect(initialThreshold).toBe(-0.009320296347141266);
    expect(epochs.map(({ layerSparsity }) => layerSparsity)).toEqual([0, 0, 0.562, 0.73, 0.393, 0.393]);
    expect(epochs[0]?.threshold).toBe(Number.NEGATIVE_INFINITY);
    expect(epochs[5]?.layers).toHaveLength(40);
    expect(epochs[5]?.layers[0]).toEqual({
      name: 'BertForSequenceClassification/BertModel[bert]/BertEncoder[encoder]/ModuleList[layer]/BertLayer[3]/BertIntermediate[intermediate]/NNCFLinear[dense]/linear_0',
      shape: [512, 128],
      sparsity: 0.594,
      percentage: 9.04,
    });
    expect(epochs[0]?.quantization['Placed WQs / Potential WQs']).toBe('76.32 % (29 / 38)');
    expect(notSparsified).toHaveLength(6);
    expect(messages[0]).toMatchObject({ severity: 'warning', count: 6 });
  });
});

describe.skipIf(!haveShared)(`IRs of real models${whyNot}`, () => {
  const cases = [
    ['dense_fp32_ir', 803_072, 0, { f32: 835_337, i32: 160, i64: 71 }],
    ['qat_only', 803_072, 36, { f32: 37_106, i64: 331, i8: 803_072 }],
    ['warmup_checkpoint_ir', 803_072, 38, { f32: 10_043, i8: 828_288, i64: 331 }],
    ['jpqd/output', 519_680, 38, { f32: 9665, i8: 544_896, i64: 237, i32: 1 }],
  ] as const;
  test.each(cases)('%s', (folder, weights, fakeQuantizes, constants) => {
    const { value, problems } = parseIrSummary(readText(`${folder}/openvino_model.xml`));
    expect(problems).toEqual([]);
    expect(value?.linear).toHaveLength(26);
    expect(value?.linear.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(weights);
    expect(value?.fakeQuantizes).toBe(fakeQuantizes);
    expect(value?.constants).toEqual(constants);
  });

  test('layers are those that the runtime finds', () => {
    interface Info {
      readonly xml: string;
      readonly linear: ReadonlyArray<{
        name: string;
        out: number;
        in: number;
        params: number;
        dtype: string;
      }>;
    }
    for (const info of JSON.parse(readText('ir_info.json')) as Info[]) {
      const { value } = parseIrSummary(readText(info.xml.replace(/^run\//, '')));
      const ours = value!.linear.map(({ name, outputs, inputs, parameters, weightType }) => ({
        name,
        out: outputs,
        in: inputs,
        params: parameters,
        dtype: weightType,
      }));
      const byName = (one: { name: string }, other: { name: string }): number =>
        one.name < other.name ? -1 : 1;
      const theirs = info.linear.map(({ name, out, in: inputs, params, dtype }) => ({
        name,
        out,
        in: inputs,
        params,
        dtype,
      }));
      expect(ours.sort(byName)).toEqual(theirs.sort(byName));
    }
  });

  test('cut off, it is told and not thrown', () => {
    const text = readText('dense_fp32_ir/openvino_model.xml');
    fc.assert(
      fc.property(fc.nat(text.length - 10), (end) => {
        const { value, problems } = parseIrSummary(text.slice(0, end));
        expect(value).toBeUndefined();
        expect(problems).toHaveLength(1);
      }),
      { numRuns: 12 },
    );
  });
});

describe('small files', () => {
  test('rows of a trainer_state.json without step are told', () => {
    const { value, problems } = parseTrainerState(
      '{"log_history": [{"step": 4, "loss": NaN}, {"loss": 1}, 3]}',
    );
    expect(value?.rows).toEqual([{ step: 4, values: { loss: Number.NaN } }]);
    expect(problems.map(({ place }) => place)).toEqual([
      { path: '$.log_history[1]' },
      { path: '$.log_history[2]' },
    ]);
  });

  test('a table’s bad rows are told with their line', () => {
    const head = ',group_id,torch_module,weight_shape,pruned_weight_shape,head_or_channel_id_to_keep';
    const good = '0,0,a.b,"(4, 2)","(2, 2)","[0, 1]"';
    const { value, problems } = parseStructuredSparsity([head, good, '1,0,a', ''].join('\n'));
    expect(value?.layers).toMatchObject([{ module: 'a.b', prunedWeight: [2, 2], kept: [0, 1] }]);
    expect(problems).toMatchObject([{ place: { line: 3 } }]);
    expect(parseStructuredSparsity('').problems).toHaveLength(1);
  });

  test('modules of operations', () => {
    expect(moduleOf('/bert/encoder/layer.0/attention/self/query/MatMul')).toBe(
      'bert.encoder.layer.0.attention.self.query',
    );
    expect(moduleOf('__module.classifier/aten::linear/MatMul')).toBe('classifier');
    expect(moduleOf('/bert/pooler/dense/Gemm/WithoutBiases')).toBe('bert.pooler.dense');
  });

  test('configurations: one algorithm without a list', () => {
    expect(parseCompressionConfig('{"compression": {"algorithm": "quantization"}}').value).toMatchObject({
      algorithms: ['quantization'],
      quantization: true,
    });
    expect(parseCompressionConfig('{}').problems).toHaveLength(1);
  });

  test('no reader throws, whatever the bytes', () => {
    const text = fc.string({ unit: 'binary' }).map((value) => new TextEncoder().encode(value));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), text), (bytes) => {
        for (const kind of Object.keys(sources) as Array<keyof typeof sources>) {
          for (const path of ['x', 'x.gz']) {
            const reader = openSource(kind, path);
            reader.push(bytes);
            expect(() => [reader.value, reader.problems]).not.toThrow();
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('a line that goes on and on takes no time', () => {
    const log = new ConsoleLogReader();
    const begun = performance.now();
    for (const piece of ['1', ' ', '{', "{'a': "])
      log.push(new TextEncoder().encode(`  a${piece.repeat(1e6)}\n`));
    expect(log.value.rows).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  test('files by name', () => {
    expect(kindOf('output/checkpoint-1/trainer_state.json')).toBe('trainer-state');
    expect(kindOf('console.log.1')).toBe('console');
    expect(kindOf('trialF.console.log')).toBe('console');
    expect(kindOf('structured_sparsity.factor0.02.csv')).toBeUndefined();
    expect(kindOf('pytorch_model.bin')).toBeUndefined();
  });
});
