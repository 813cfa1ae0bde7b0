import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, test } from 'vitest';
import { python, whyNoPython, writeTrainingScript } from '../src-main/engine/training/fixtures/scripts.ts';
import { choose, expectAccessible, noBrowser, openWeb, temporaryFolder, type WebMode } from './support.ts';

let web: WebMode | undefined;
afterEach(async () => {
  await web?.close();
  web = undefined;
});

async function name(page: Page, path: string): Promise<void> {
  await page.getByRole('textbox', { name: 'File or folder' }).fill(path);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
}

async function compression(data: string, allowed: string): Promise<Page> {
  await mkdir(allowed, { recursive: true });
  web = await openWeb(data, [allowed]);
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
    await name(page, configs);
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
      await name(page, join(work, 'environment'));
      await page.getByRole('rowheader', { name: 'optimum-intel' }).waitFor();
      await page.getByRole('button', { name: 'Choose a script' }).click();
      await name(page, join(work, 'train.py'));
      await page.getByRole('button', { name: 'Choose where' }).click();
      await name(page, work);
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
