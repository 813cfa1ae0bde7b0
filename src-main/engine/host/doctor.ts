import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import sharp from 'sharp';
import type { Finding } from '../../contract/engine.ts';
import { toErrorValue } from '../../contract/errors.ts';
import type { ModelCatalogue } from '../models/index.ts';
import { type Folders, forPeople } from './folders.ts';
import type { RuntimeService } from './runtime-service.ts';

interface Patient {
  readonly folders: Folders;
  readonly runtime: RuntimeService;
  readonly catalogue: ModelCatalogue;
}

/** Free space below which results and intermediate files may not fit, in bytes. */
const littleSpace = 2e9;

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** Looks at everything that upscaling rests on, and says what to do where something is missing. */
export async function diagnose(patient: Patient): Promise<Finding[]> {
  const available = process.availableMemory();
  // What a container is limited to is 0 where it isn't known, and more than there is where it has no limit.
  const total = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const findings = await Promise.all([
    examineRuntime(patient.runtime),
    examineModels(patient.catalogue),
    examineFolder('Data folder', patient.folders.data),
    examineFolder('Cache folder', patient.folders.cache),
  ]);
  return [
    ...findings.flat(),
    {
      topic: 'Engine',
      state: 'good',
      message: `Node ${process.versions.node}, libvips ${sharp.versions.vips}.`,
    },
    {
      topic: 'Memory',
      state: available > littleSpace / 2 ? 'good' : 'warning',
      message: `${gigabytes(available)} of ${gigabytes(total)} are free.`,
      ...(available > littleSpace / 2
        ? {}
        : { hint: 'Large pictures are cut into smaller tiles, which is slower.' }),
    },
  ];
}

async function examineRuntime(service: RuntimeService): Promise<Finding[]> {
  const { runtime, devices } = await service.overview();
  if (!runtime) {
    const { message, hint } = await service.openvino().then(
      () => ({ message: 'It was found just now.', hint: 'Start Refinery again.' }),
      (thrown: unknown) => toErrorValue(thrown),
    );
    return [{ topic: 'OpenVINO', state: 'missing', message, ...(hint === undefined ? {} : { hint }) }];
  }
  return [
    {
      topic: 'OpenVINO',
      state: 'good',
      message: `Version ${runtime.version}, from ${runtime.source}: ${forPeople(runtime.path)}`,
    },
    ...devices
      .filter(({ kind }) => kind !== 'AUTO')
      .map(
        ({ id, fullName, capabilities }): Finding => ({
          topic: `Device ${id}`,
          state: 'good',
          message: `${fullName}: ${capabilities.join(', ')}`,
        }),
      ),
  ];
}

async function examineModels(catalogue: ModelCatalogue): Promise<Finding[]> {
  const models = await catalogue.list();
  const ready = models.filter(({ status }) => status.state === 'ready');
  const broken = models.filter(({ status }) => status.state === 'broken');
  return [
    {
      topic: 'Networks',
      state: ready.length > 0 ? 'good' : 'missing',
      message: `${ready.length} ready, ${models.length - ready.length} can be added.`,
      ...(ready.length > 0 ? {} : { hint: 'The embedded networks are missing; install Refinery again.' }),
    },
    ...broken.map(
      ({ entry, status }): Finding => ({
        topic: `Network ${entry.id}`,
        state: 'warning',
        message: status.state === 'broken' ? status.reason : '',
        hint: 'Remove it and add it again.',
      }),
    ),
  ];
}

async function examineFolder(topic: string, path: string): Promise<Finding[]> {
  try {
    await access(path, constants.W_OK);
    const { bavail, bsize } = await statfs(path);
    const free = bavail * bsize;
    const enough = free > littleSpace;
    return [
      {
        topic,
        state: enough ? 'good' : 'warning',
        message: `${forPeople(path)}, ${gigabytes(free)} free.`,
        ...(enough ? {} : { hint: 'Free some space: large pictures need it while they are made.' }),
      },
    ];
  } catch {
    return [
      {
        topic,
        state: 'missing',
        message: `${forPeople(path)} can't be written.`,
        hint: 'Change its permissions, or choose another with REFINERY_DATA_DIR or REFINERY_CACHE_DIR.',
      },
    ];
  }
}
