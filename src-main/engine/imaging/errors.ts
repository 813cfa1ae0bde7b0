import { statfsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { RefineryError } from '../../contract/errors.ts';
import { stateOf } from './file-end.ts';

/** Turns what sharp or the file system says of a source into an error that a person can act on. */
export async function sourceError(path: string, thrown: unknown): Promise<RefineryError> {
  if (thrown instanceof RefineryError) return thrown;
  const name = basename(path);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const status = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (status instanceof Error) {
    const denied = status.code === 'EACCES' || status.code === 'EPERM';
    return denied
      ? unreadable(name, status.message)
      : new RefineryError('INPUT_NOT_FOUND', `${name} is not there any more.`, {
          hint: 'Bring it back and try again, or remove it from the queue.',
        });
  }
  if (status.isDirectory()) {
    return new RefineryError('INPUT_UNSUPPORTED', `${name} is a folder.`, {
      hint: 'Add the pictures in it.',
    });
  }
  if (status.size === 0) {
    return new RefineryError('INPUT_EMPTY', `${name} is empty: it has no bytes at all.`, {
      hint: 'Copy it again from where it came.',
    });
  }
  // sharp takes a file that it may not open for one of an unknown format.
  const state = await stateOf(path).catch((error: NodeJS.ErrnoException) => error);
  if (state instanceof Error) return unreadable(name, state.message);
  if (/exceeds pixel limit/i.test(message)) return tooLarge(name);
  if (state.format === undefined) {
    return new RefineryError('INPUT_UNSUPPORTED', `${name} is not a picture in a format that is read.`, {
      hint: 'PNG, JPEG, WebP, AVIF, TIFF and GIF are read. Is its ending right?',
      details: message,
    });
  }
  // libvips keeps one text of errors for all threads: what it says may be of another picture.
  const saysSo = (state.format === 'JPEG' || state.format === 'GIF') && saysItEnds.test(message);
  if (state.endsEarly || saysSo) {
    return new RefineryError('INPUT_TRUNCATED', `${name} ends too early: a part of the picture is missing.`, {
      hint: 'Copy or download it again.',
      details: message,
    });
  }
  if (state.format === 'HEIC') return hevcError(name);
  if (/memory|alloc/i.test(message)) {
    return new RefineryError('OUT_OF_MEMORY', `There is not enough memory to read ${name}.`, {
      hint: 'Close other programs and try again.',
      details: message,
    });
  }
  if (/not supported|unsupported (?!image)|not configured|not implemented/i.test(message)) {
    return new RefineryError(
      'INPUT_UNSUPPORTED',
      `${name} is a ${state.format} of a kind that is not read.`,
      {
        hint: 'Open it in another program and save it as a plain PNG, JPEG or TIFF.',
        details: message,
      },
    );
  }
  return new RefineryError('INPUT_CORRUPT', `${name} is damaged and can't be read.`, {
    hint: 'Open it in another program and save it anew, or copy it again.',
    details: message,
  });
}

const saysItEnds = /premature|truncated|end of (file|stream|image)|unexpected end|not enough data/i;

function unreadable(name: string, details: string): RefineryError {
  return new RefineryError('INPUT_UNREADABLE', `You have no permission to read ${name}.`, {
    hint: 'Change its permissions, or copy it to a folder of yours.',
    details,
  });
}

/** Decoders of HEVC need a licence; none comes with sharp. */
export function hevcError(name: string): RefineryError {
  return new RefineryError(
    'INPUT_UNSUPPORTED',
    `${name} is an HEIC photo in HEVC, which can't be decoded here.`,
    {
      hint: 'Export it as JPEG or AVIF. An iPhone takes JPEG when its camera format is set to Most Compatible.',
    },
  );
}

export function tooLarge(name: string, width?: number, height?: number): RefineryError {
  const size = width && height ? `${width} × ${height} pixels` : 'more pixels';
  return new RefineryError('INPUT_TOO_LARGE', `${name} has ${size}; the limit is 268 megapixels.`, {
    hint: 'If the file is what it should be, allow huge pictures in the settings of this batch, or with --allow-huge.',
  });
}

/** Less than a block or two is left of disks that are full. */
const leastRoom = 16 * 1024;

function hasNoRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < leastRoom;
  } catch {
    return false;
  }
}

/** Turns a failure to write into an error that a person can act on. What was written so far must still be there. */
export function targetError(folder: string, thrown: unknown): RefineryError {
  if (thrown instanceof RefineryError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = (thrown as NodeJS.ErrnoException).code ?? '';
  const saysFull = code === 'ENOSPC' || code === 'EDQUOT' || /no space|ENOSPC|disk full|quota/i.test(message);
  // libvips keeps its messages for all threads together: another picture may have taken the one that said it.
  if (saysFull || (code === '' && hasNoRoom(folder))) {
    return new RefineryError(
      'DISK_FULL',
      `The disk of ${folder} is full. Nothing half-written was left behind.`,
      {
        hint: 'Free some space, or choose another folder, and try again.',
        details: message,
      },
    );
  }
  if (code === 'ENAMETOOLONG') {
    return new RefineryError('OUTPUT_NAME_TOO_LONG', 'The name of the result is too long for this disk.', {
      hint: 'Choose a shorter name pattern.',
    });
  }
  if (code === 'EEXIST') {
    return new RefineryError('OUTPUT_EXISTS', 'A file of that name is there already.', {
      hint: 'Choose another name pattern or folder, or allow overwriting.',
    });
  }
  const reasons: Readonly<Record<string, string>> = {
    EROFS: 'the disk is read-only',
    ENOENT: 'the folder is not there any more',
    ENOTDIR: 'a part of the path is a file',
  };
  const denied = code === 'EACCES' || code === 'EPERM' || /permission|unable to open/i.test(message);
  const reason =
    reasons[code] ??
    (denied ? 'there is no permission to write' : message.split('\n')[0] || 'no reason was given');
  return new RefineryError('OUTPUT_NOT_WRITABLE', `Nothing can be written to ${folder}: ${reason}.`, {
    hint: 'Choose another folder for the results.',
    details: message,
  });
}
