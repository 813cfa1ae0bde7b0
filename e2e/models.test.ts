import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { modelFolder, shared, whyNot } from '../src-main/engine/diffusion/fixtures/shared.ts';
import { choose, expectAccessible, nameOnServer, noBrowser, openWeb, temporaryFolder } from './support.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const reason = noBrowser ? ` (${noBrowser})` : whyNot;

describe.skipIf(reason !== '')(`diffusion models in the window${reason}`, () => {
  test('a checkpoint says what converting it takes, and a conversion that fails says why; a converted one is added', async () => {
    await using folder = await temporaryFolder();
    const models = join(folder.path, 'models');
    await mkdir(models);
    await cp(join(shared, 'tiny_trained', 'diffusers'), join(models, 'checkpoint'), { recursive: true });
    await cp(modelFolder, join(models, 'converted'), { recursive: true });
    // Node can't read Python: the conversion fails at once, whatever is installed on this machine.
    vi.stubEnv('REFINERY_CONVERT_PYTHON', process.execPath);
    const web = await openWeb(join(folder.path, 'data'), [models]);
    const page = await web.browser.newPage({ viewport: { width: 1024, height: 700 } });
    await page.goto(web.address);
    await page.getByRole('status', { name: 'Engine' }).getByText('Engine ready').waitFor();
    await page.getByRole('button', { name: 'Models', exact: true }).click();
    const add = page.getByRole('button', { name: 'Add a diffusion model' });
    const nameFolder = async (path: string): Promise<void> => {
      await add.click();
      await nameOnServer(page, path);
    };

    await nameFolder(join(models, 'checkpoint'));
    const dialog = page.getByRole('dialog', { name: 'Convert a checkpoint' });
    await dialog.getByText(/^Takes up to/).waitFor();
    await choose(page, 'INT8');
    await expectAccessible(page, 'the dialog that converts');
    await dialog.getByRole('button', { name: 'Convert', exact: true }).click();
    const conversion = page.getByRole('region', { name: 'Conversion of checkpoint' });
    await conversion.getByText('checkpoint was not converted').waitFor();
    await conversion.getByText(/The conversion failed/).waitFor();
    await expectAccessible(page, 'a conversion that failed');
    await conversion.getByRole('button', { name: 'Dismiss' }).click();
    await expect.poll(() => conversion.count()).toBe(0);

    await nameFolder(join(models, 'converted'));
    await page.getByRole('heading', { name: 'converted', exact: true }).waitFor();
  });
});
