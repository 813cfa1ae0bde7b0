import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** In the data folder: what the command line made, month by month. */
const folderName = 'receipts';

/**
 * Keeps the receipts of results that the command line made, which has no queue to keep them in: one JSON object a line, the
 * oldest first. A receipt that can't be kept ends nothing.
 *
 * @param data the data folder.
 */
export function receiptHistory(data: string): { add(output: string, receipt: unknown): Promise<void> } {
  const folder = join(data, folderName);
  return {
    async add(output, receipt) {
      const month = new Date().toISOString().slice(0, 7);
      await mkdir(folder, { recursive: true });
      await appendFile(join(folder, `${month}.jsonl`), `${JSON.stringify({ output, receipt })}\n`);
    },
  };
}
