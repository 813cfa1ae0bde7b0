import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { Command } from 'commander';
import {
  archiveIn,
  detectInArchive,
  detectSets,
  listFolder,
  openFolder,
} from '../../engine/datasets/index.ts';
import { examples, exitCodes, parseName, printJson, reportFailure, say } from '../shared.ts';

/** Names what a folder of annotated pictures is, with reasons. */
export function detectCommand(): Command {
  return new Command('detect')
    .description('which dataset format a folder or an archive is in, and why')
    .argument('<source>', 'folder, .zip, .tar or .tar.gz, or a video', parseName)
    .option('--json', 'as JSON')
    .addHelpText('after', examples('detect set/', 'detect sets.zip/second --json'))
    .action(async (source: string, { json = false }: { json?: boolean }) => {
      try {
        const path = resolve(source);
        const { candidates: found, inner } = await detectAt(path);
        const candidates = found.map(({ format, confidence, reasons, against }) => ({
          format: format.name,
          confidence,
          reasons,
          against,
        }));
        const sets = inner.map(({ folder, format, confidence }) => ({
          folder,
          format: format.name,
          confidence,
        }));
        if (json) printJson({ candidates, sets });
        else if (candidates.length + sets.length === 0) say('No format that is known fits this folder.');
        for (const { format, confidence, reasons, against } of json ? [] : candidates) {
          say(`${format}  ${styleText('dim', `${Math.round(confidence * 100)} %`)}`);
          for (const reason of reasons) say(`  ${reason}`);
          for (const reason of against) say(`  ${styleText('dim', `but: ${reason}`)}`);
        }
        if (!json && sets.length > 0) {
          say('Sets of their own:');
          for (const { folder, format, confidence } of sets)
            say(`  ${folder}: ${format}  ${styleText('dim', `${Math.round(confidence * 100)} %`)}`);
        }
        process.exitCode = candidates.length + sets.length > 0 ? exitCodes.good : exitCodes.someFailed;
      } catch (thrown) {
        process.exitCode = reportFailure(thrown, json);
      }
    });
}

async function detectAt(path: string): ReturnType<typeof detectSets> {
  const named = await archiveIn(path);
  if (named) return detectInArchive(named.archive, named.within);
  await using opened = await openFolder(path);
  return await detectSets(await listFolder(opened.folder));
}
