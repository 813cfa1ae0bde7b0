import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { Command } from 'commander';
import { detectFormats, openFolder } from '../../engine/datasets/index.ts';
import { exitCodes, printJson, reportFailure } from '../shared.ts';

/** Names what a folder of annotated pictures is, with reasons. */
export function detectCommand(): Command {
  return new Command('detect')
    .description('which dataset format a folder or an archive is in, and why')
    .argument('<source>', 'folder, .zip, .tar or .tar.gz')
    .option('--json', 'as JSON')
    .action(async (source: string, { json = false }: { json?: boolean }) => {
      try {
        await using opened = await openFolder(resolve(source));
        const candidates = (await detectFormats(opened.folder)).map(
          ({ format, confidence, reasons, against }) => ({
            format: format.name,
            confidence,
            reasons,
            against,
          }),
        );
        if (json) printJson({ candidates });
        else if (candidates.length === 0) console.log('No format that is known fits this folder.');
        for (const { format, confidence, reasons, against } of json ? [] : candidates) {
          console.log(`${format}  ${styleText('dim', `${Math.round(confidence * 100)} %`)}`);
          for (const reason of reasons) console.log(`  ${reason}`);
          for (const reason of against) console.log(`  ${styleText('dim', `but: ${reason}`)}`);
        }
        process.exitCode = candidates.length > 0 ? exitCodes.good : exitCodes.someFailed;
      } catch (thrown) {
        process.exitCode = reportFailure(thrown, json);
      }
    });
}
