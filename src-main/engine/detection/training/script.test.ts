import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProcess } from '../../python/process.ts';
import { afterLine, notStarted, parseTrainingLine } from './progress.ts';

const script = fileURLToPath(new URL('../../../../models/train/train_detector.py', import.meta.url));
const havePython = spawnSync('python3', ['--version']).status === 0;

/** What the script uses of Ultralytics, which takes gigabytes: two epochs that call back as its trainer does. */
const ultralytics = `
import types

class YOLO:
    def __init__(self, model):
        self.callbacks = {}
        self.trainer = types.SimpleNamespace(
            epochs=2, epoch=0, save_dir="runs", best="best.pt", last="last.pt", metrics={}, lr={"lr/pg0": 0.1},
            train_loader=[0, 1], tloss=[1.5], label_loss_items=lambda losses, prefix: {prefix + "/box_loss": losses[0]},
        )

    def add_callback(self, name, call):
        self.callbacks[name] = call

    def train(self, **options):
        if options.get("data") == "damaged":
            raise RuntimeError("the set is damaged")
        self.callbacks["on_train_start"](self.trainer)
        for epoch in range(2):
            self.trainer.epoch = epoch
            self.callbacks["on_train_epoch_start"](self.trainer)
            for _ in range(2):
                self.callbacks["on_train_batch_end"](self.trainer)
            self.trainer.metrics = {"metrics/mAP50-95(B)": float("nan") if epoch == 0 else 0.5}
            self.callbacks["on_fit_epoch_end"](self.trainer)

    def export(self, **options):
        print("exporting", options["imgsz"])
        return "best_openvino_model"
`;

const asked = (data: string): string =>
  JSON.stringify({ data, model: 'm', epochs: 2, imgsz: 64, batch: 1, project: 'p', name: 'n' });

describe.skipIf(!havePython)(`the training script${havePython ? '' : ' (there is no python3)'}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'train-script-'));
  const env = { PYTHONPATH: folder };
  beforeAll(() => {
    mkdirSync(join(folder, 'ultralytics'));
    writeFileSync(join(folder, 'ultralytics', '__init__.py'), ultralytics);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = async (data: string) => {
    let progress = notStarted;
    const ended = await runProcess('python3', ['-u', script, asked(data)], {
      env,
      onLine: (text) => {
        const line = parseTrainingLine(text);
        if (line) progress = afterLine(progress, line);
      },
    });
    return { ...ended, progress };
  };

  test('ends in peace while who started it lives, with all that was wanted', async () => {
    const { code, errors, progress } = await run('data.yaml');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(progress).toMatchObject({ epoch: 2, epochs: 2, exported: 'best_openvino_model', error: null });
    expect(progress.best).toEqual({ epoch: 2, figure: 'mAP 50-95', value: 0.5 });
  });

  test('exports without training where that is all that is left', async () => {
    let progress = notStarted;
    const wanted = JSON.stringify({ export: true, model: 'best.pt', imgsz: 64 });
    const { code } = await runProcess('python3', ['-u', script, wanted], {
      env,
      onLine: (text) => {
        const line = parseTrainingLine(text);
        if (line) progress = afterLine(progress, line);
      },
    });
    expect(code).toBe(0);
    expect(progress).toMatchObject({ epoch: 0, weights: null, exported: 'best_openvino_model' });
  });

  test('tells what went wrong', async () => {
    const { code, progress } = await run('damaged');
    expect(code).toBe(1);
    expect(progress.error).toEqual({ kind: 'RuntimeError', message: 'the set is damaged' });
  });

  test('ends when who started it is gone', async () => {
    writeFileSync(
      join(folder, 'slow.py'),
      `import time, ultralytics\nultralytics.YOLO.train = lambda *_, **__: time.sleep(60)\n`,
    );
    const program = `import sys; sys.argv = ["x", ${JSON.stringify(asked('data.yaml'))}]; import slow; exec(open(${JSON.stringify(script)}).read())`;
    const child = spawn('python3', ['-c', program], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.stdin.end();
    expect(await ended).toBe(1);
  });
});
