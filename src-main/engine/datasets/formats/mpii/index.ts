import type { Listing, ReadOnlyFormat, Verdict } from '../../format.ts';
import { annotationFile, readMpii } from './read.ts';

async function detect({ files }: Listing): Promise<Verdict | null> {
  if (!files.includes(annotationFile)) return null;
  return { confidence: 0.95, reasons: [`There is ${annotationFile}.`], against: [] };
}

/** MPII Human Pose in JSON: http://human-pose.mpi-inf.mpg.de/ */
export const mpiiFormat: ReadOnlyFormat = {
  name: 'mpii_json',
  title: 'MPII Human Pose',
  aliases: ['mpii'],
  abilities: null,
  detect,
  read: readMpii,
};
