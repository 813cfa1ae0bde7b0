import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { python, whyNoPython, writeTrainingScript } from '../src-main/engine/training/fixtures/scripts.ts';
import {
  choose,
  expectAccessible,
  nameOnServer,
  noBrowser,
  openWeb,
  root,
  temporaryFolder,
} from './support.ts';

/** A training of 100 steps, 20 to an epoch: warm-up in the second and third, and one layer's weights as histograms. */
async function writeRun(folder: string): Promise<void> {
  await mkdir(join(folder, 'runs'), { recursive: true });
  const histograms = 'src-main/engine/compression/fixtures/histograms/events.out.tfevents.1700000000.torch';
  await copyFile(join(root, histograms), join(folder, 'runs', 'events.out.tfevents.1700000000.torch'));
  const sparse = 'compression/movement_sparsity';
  const rows = Array.from({ length: 10 }, (_, index) => {
    const step = 10 * (index + 1);
    const fine = step > 60;
    return {
      step,
      epoch: step / 20,
      loss: 10 / step,
      task_loss: 10 / step,
      distillation_loss: 0.2,
      compression_loss: fine || step <= 20 ? 0 : 0.4,
      learning_rate: 0.001,
      [`${sparse}/importance_threshold`]: step <= 20 ? 'low' : fine ? 0 : -0.1,
      [`${sparse}/importance_regularization_factor`]: step <= 20 ? 0 : 0.02,
      [`${sparse}/linear_layer_sparsity`]: step <= 20 ? 0 : 0.5,
      [`${sparse}/model_sparsity`]: step <= 20 ? 0 : 0.4,
    };
  });
  const evaluations = [20, 40, 60, 80, 100].map((step) => ({
    step,
    epoch: step / 20,
    eval_loss: step > 20 && step <= 60 ? 2 : 0.1,
    eval_accuracy: 0.9 + step / 5000,
  }));
  const state = {
    global_step: 100,
    max_steps: 100,
    num_train_epochs: 5,
    epoch: 5,
    log_history: [...rows, ...evaluations, { step: 100, epoch: 5, train_runtime: 60 }],
  };
  await writeFile(join(folder, 'trainer_state.json'), JSON.stringify(state).replaceAll('"low"', '-Infinity'));
  const params = { warmup_start_epoch: 1, warmup_end_epoch: 3, importance_regularization_factor: 0.02 };
  await writeFile(
    join(folder, 'nncf_config.json'),
    JSON.stringify([{ algorithm: 'movement_sparsity', params }]),
  );
  await writeFile(join(folder, 'nncf_output.log'), layerLog);
}

/** NNCF's table of a layer at the beginning of two epochs. */
const layerLog = [1, 2]
  .flatMap((epoch) =>
    [
      'Statistics by sparsified layers:',
      '+------+------+------+------+',
      "| Layer's name | Weight's shape | Sparsity level | Percent |",
      '+======+======+======+======+',
      `| Bert/NNCFLinear[classifier]/linear_0 | [2, 4] | 0.${epoch} | 100 |`,
      '+------+------+------+------+',
    ].map((line) => `Epoch ${epoch} |${line}\n`),
  )
  .join('');

/** Saves a figure as each kind that its menu has, which must begin as such files do. */
async function expectSaved(page: Page, title: string, csv: string): Promise<void> {
  const begins = { PNG: '\x89PNG', SVG: '<svg', CSV: csv };
  for (const kind of ['PNG', 'SVG', 'CSV'] as const) {
    await page.getByRole('button', { name: `Save ${title}`, exact: true }).click();
    const waiting = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: `Save as ${kind}` }).click();
    const content = await readFile(await (await waiting).path());
    expect(content.toString('latin1').slice(0, begins[kind].length)).toBe(begins[kind]);
    if (kind === 'PNG') {
      const { channels } = await sharp(content).stats();
      expect(Math.max(...channels.slice(0, 3).map(({ stdev }) => stdev))).toBeGreaterThan(5);
    }
  }
}

async function compression(data: string, allowed: string): Promise<Page> {
  await mkdir(allowed, { recursive: true });
  const web = await openWeb(data, [allowed]);
  const page = await web.browser.newPage({ viewport: { width: 1024, height: 700 } });
  await page.goto(web.address);
  await page.getByRole('button', { name: 'Compression', exact: true }).click();
  return page;
}

describe.skipIf(noBrowser !== '')(`compression in the window${noBrowser && ` (${noBrowser})`}`, () => {
  test('a configuration goes from preset to file, and what is wrong is said at its field', async () => {
    await using folder = await temporaryFolder();
    const configs = join(folder.path, 'configs');
    const page = await compression(join(folder.path, 'data'), configs);
    await choose(page, 'Configure');
    await page.getByText('BERT-base, SST-2').waitFor();
    await expectAccessible(page, 'presets');
    await page.getByText('BERT-base, SST-2').click();
    await page.getByText('Matches 48 layers').waitFor();
    await page.getByText('Nothing is wrong as far as the rules go.').waitFor();
    await expectAccessible(page, 'a preset');

    const end = page.getByLabel('Warm-up ends at epoch');
    const json = page.getByLabel('The configuration as JSON');
    await end.fill('0.5');
    await page.getByText('Warm-up ends at 0.5, but begins at 1.').first().waitFor();
    await page.getByRole('button', { name: /^Error, line 6/ }).waitFor();
    expect(await end.getAttribute('aria-invalid')).toBe('true');
    await expectAccessible(page, 'a field with an error');
    await end.fill('3.5');
    await page.getByText('Nothing is wrong as far as the rules go.').waitFor();
    expect(await json.inputValue()).toContain('"warmup_end_epoch": 3.5');

    // The other way round: the text changes the form, and what is no JSON tells its line.
    const text = await json.inputValue();
    await json.fill(text.replace('"warmup_end_epoch": 3.5,', '// planned\n "warmup_end_epoch": 4'));
    await page.getByRole('button', { name: /^Error, line \d+/ }).waitFor();
    await json.fill(text.replace('"warmup_end_epoch": 3.5,', '// planned\n "warmup_end_epoch": 4,'));
    await expect.poll(() => end.inputValue()).toBe('4');
    await page.getByLabel('Regularisation factor', { exact: true }).fill('0.02');
    expect(await json.inputValue()).toContain('// planned');
    await page.getByRole('button', { name: 'Undo' }).click();
    expect(await json.inputValue()).not.toContain('0.02');
    await page.getByRole('button', { name: 'Redo' }).click();

    await page.getByRole('button', { name: 'Pick layers' }).last().click();
    await page.getByRole('dialog').getByText('{re}.*BertLayer\\[3\\]/BertAttention.*').click();
    await page.getByText('Matches 4 layers').waitFor();

    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Save the configuration' });
    await dialog.getByRole('button', { name: 'Name a folder' }).click();
    await nameOnServer(page, configs);
    await expectAccessible(page, 'the dialog for saving');
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(await readdir(configs)).toEqual(['bert-base-sst2-jpqd.json']);
    const path = join(configs, 'bert-base-sst2-jpqd.json');
    const saved = await readFile(path, 'utf8');
    expect(saved).toBe(await json.inputValue());
    expect(saved).toContain('BertLayer\\\\[3\\\\]/BertAttention');

    // Something else writes the file: it is not replaced unknowingly.
    await writeFile(path, '[]');
    await end.fill('3');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(/was changed by something else/).waitFor();
    expect(await readFile(path, 'utf8')).toBe('[]');
  });

  test('a training is watched: stages, stacked losses, a budget, distributions, charts as files', async () => {
    await using folder = await temporaryFolder();
    const work = join(folder.path, 'work');
    const page = await compression(join(folder.path, 'data'), work);
    await writeRun(join(work, 'run 1'));
    await page.getByRole('button', { name: 'Choose a folder' }).click();
    await nameOnServer(page, join(work, 'run 1'));
    await page.getByRole('heading', { name: 'run 1' }).waitFor();
    await page.getByRole('img', { name: /^Sparsity over step/ }).waitFor();
    await expectAccessible(page, 'a training');

    await page.getByRole('button', { name: 'Set a budget' }).click();
    await page.getByLabel('Of the dense model or the teacher').fill('0.95');
    await expectAccessible(page, 'the dialog for a budget');
    await page.getByRole('button', { name: 'Set the budget' }).click();
    await page.getByText('Below the budget of 0.9400').waitFor();
    await page.getByRole('heading', { name: 'eval_accuracy is below budget' }).waitFor();

    const loss = page.getByRole('img', { name: /^Loss over step/ });
    await loss.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    const task = page.getByRole('button', { name: /^task/ });
    await expect.poll(() => task.textContent()).toBe('task1');
    await page.keyboard.press('End');
    await expect.poll(() => task.textContent()).toBe('task0.1');
    await task.click();
    expect(await task.getAttribute('aria-pressed')).toBe('false');
    await expectSaved(page, 'Loss', 'step,distillation,compression\n10,');
    await expectSaved(page, 'Sparsity of each layer', 'layer,20,40\nclassifier,0.1,0.2\n');

    await page.getByRole('region', { name: 'Distributions' }).scrollIntoViewIfNeeded();
    await page.getByRole('img', { name: /^weights\/query over step/ }).waitFor();
    await expectAccessible(page, 'distributions of a training');
    await page.getByRole('button', { name: 'All metrics' }).click();
    await page.getByRole('img', { name: /^eval_loss over step/ }).waitFor();
    await page.getByText(/don’t compare it across stages, nor/).waitFor();
    await expectAccessible(page, 'all metrics of a training');
    await page.reload();
    await page.getByRole('img', { name: /^eval_loss over step/ }).waitFor();
    await choose(page, 'Watch');
    await page.getByRole('img', { name: /^Loss over step/ }).waitFor();
  });

  test('two trainings are compared, and quality against cost is saved as a picture, a drawing and a table', async () => {
    await using folder = await temporaryFolder();
    const work = join(folder.path, 'work');
    const page = await compression(join(folder.path, 'data'), work);
    await choose(page, 'Compare');
    for (const [name, button] of [
      ['one', 'Choose a folder'],
      ['two', 'Add a training'],
    ] as const) {
      await writeRun(join(work, name));
      await page.getByRole('button', { name: button }).click();
      await nameOnServer(page, join(work, name));
      await page.getByRole('button', { name: `Take out ${name}` }).waitFor();
    }
    await page.getByRole('heading', { name: 'eval_accuracy against cost' }).waitFor();
    await expectAccessible(page, 'two trainings compared');
    await expectSaved(page, 'eval_accuracy against cost', 'run,checkpoint,step,eval_accuracy,sparsity,');
  });

  test.skipIf(!python)(
    `a training is started, followed and stopped with a checkpoint${whyNoPython}`,
    async () => {
      await using folder = await temporaryFolder();
      const work = join(folder.path, 'work');
      const page = await compression(join(folder.path, 'data'), work);
      await writeTrainingScript(work);
      const program = spawnSync(python ?? '', ['-c', 'import sys; print(sys.executable)'], {
        encoding: 'utf8',
      });
      await mkdir(join(work, 'environment', 'bin'), { recursive: true });
      await symlink(program.stdout.trim(), join(work, 'environment', 'bin', 'python'));

      await choose(page, 'Train');
      await page.getByRole('button', { name: 'Make the environment' }).waitFor();
      await expectAccessible(page, 'starting a training, nothing chosen');
      await page.getByRole('button', { name: 'Choose one of yours' }).click();
      await nameOnServer(page, join(work, 'environment'));
      await page.getByRole('rowheader', { name: 'optimum-intel' }).waitFor();
      await page.getByRole('button', { name: 'Choose a script' }).click();
      await nameOnServer(page, join(work, 'train.py'));
      await page.getByRole('button', { name: 'Choose where' }).click();
      await nameOnServer(page, work);
      await page.getByLabel('Arguments').fill('--output_dir {output} --steps 3000');
      await expectAccessible(page, 'starting a training');
      await page.getByRole('button', { name: 'Start the training' }).click();

      await page.getByText('This training was started here.').waitFor();
      await expect.poll(() => page.getByText(/^Step \d+ of/).count()).toBeGreaterThan(0);
      await expectAccessible(page, 'a training that runs');
      await page.getByRole('button', { name: 'Stop with a checkpoint' }).click();
      await page.getByText('This training has ended as it should.').waitFor();
      const left = await readdir(join(work, 'jpqd-1'));
      expect(left.filter((one) => one.startsWith('checkpoint-'))).toHaveLength(1);
    },
  );
});
