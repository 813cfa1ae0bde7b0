import type { Listing, ReadOnlyFormat, Verdict } from '../../format.ts';
import { mpiiMatFormat } from './matlab.ts';
import { annotationFile, readMpii } from './read.ts';

async function detect({ files }: Listing): Promise<Verdict | null> {
  if (!files.includes(annotationFile)) return null;
  return { confidence: 0.95, reasons: [`There is ${annotationFile}.`], against: [] };
}

/** MPII Human Pose in JSON: http://human-pose.mpi-inf.mpg.de/ */
const mpiiFormat: ReadOnlyFormat = {
  name: 'mpii_json',
  title: 'MPII Human Pose (JSON)',
  aliases: [],
  abilities: null,
  detect,
  read: readMpii,
};

export const mpiiFormats: readonly ReadOnlyFormat[] = [mpiiFormat, mpiiMatFormat];
