import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { RefineryError } from '../../../contract/errors.ts';
import { runProcess } from '../../python/process.ts';
import type { Unpacking } from './unpacking.ts';

/** Videos by their ending, as Datumaro takes them. */
export const isVideo = (path: string): boolean =>
  /\.(?:3g[p2]|asf|wmv|avi|divx|f4v|flv|mkv|mk3d|mp4|m4v|mpe?g|m2p|m2ts|mts|mxf|og[vx]|mov|qt|vob|webm)$/i.test(
    path,
  );

const Probed = z.object({
  streams: z
    .array(
      z.object({
        nb_frames: z.string().optional(),
        avg_frame_rate: z.string().optional(),
        duration: z.string().optional(),
      }),
    )
    .default([]),
  format: z.object({ duration: z.string().optional() }).default({}),
});

/** A video reads nothing but itself: a playlist in its place could name any file, or a machine. */
const alone = [
  '-protocol_whitelist',
  'file,pipe',
  '-format_whitelist',
  'mov,mp4,matroska,webm,avi,asf,flv,mpeg,mpegts,mpegvideo,mxf,ogg,rm',
];

/**
 * How many frames a video says that it has; it may be off by some, and 0 where it doesn't say.
 *
 * @throws {RefineryError} `RUNTIME_NOT_FOUND` without ffmpeg, `INPUT_CORRUPT` for what has no pictures.
 */
export async function framesOf(path: string, signal?: AbortSignal): Promise<number> {
  let told = '';
  const wanted = 'stream=nb_frames,avg_frame_rate,duration:format=duration';
  const asked = ['-v', 'error', ...alone, '-select_streams', 'v:0', '-show_entries', wanted, '-of', 'json'];
  const { code, errors } = await runProcess('ffprobe', [...asked, path], {
    ...(signal ? { signal } : {}),
    onLine: (line) => {
      told += line;
    },
  });
  if (code === 127) throw noFfmpeg();
  const found = code === 0 ? Probed.safeParse(JSON.parse(told || '{}')).data : undefined;
  const stream = found?.streams[0];
  if (!found || !stream) throw unreadable(path, errors);
  const [over = 0, under = 1] = (stream.avg_frame_rate ?? '').split('/').map(Number);
  const seconds = Number(stream.duration ?? found.format.duration ?? 0);
  const frames = Number(stream.nb_frames ?? 0) || Math.round((seconds * over) / under);
  return Number.isFinite(frames) && frames > 0 ? frames : 0;
}

const noFfmpeg = (): RefineryError =>
  new RefineryError('RUNTIME_NOT_FOUND', 'Reading a video takes ffmpeg, which is not here.', {
    hint: 'Install it (ffmpeg.org; on Debian: apt install ffmpeg), or take the frames out yourself and open their folder.',
  });

const unreadable = (path: string, errors: string, how = 'can’t be read'): RefineryError =>
  new RefineryError('INPUT_CORRUPT', `The video ${path} ${how}.`, {
    hint: 'See whether a player shows it to its end.',
    details: errors,
  });

/** Every so manieth frame is a folder of the video, as it were: `clip.mp4/every-5`. */
export const everyFolder = (every: number): string => (every > 1 ? `every-${every}` : '');

/**
 * Which frames a folder of a video stands for.
 *
 * @throws {RefineryError} `INPUT_NOT_FOUND` for any other folder.
 */
function everyIn(path: string, within: string): number {
  const every = within === '' ? 1 : Number(/^every-([1-9]\d{0,5})$/.exec(within)?.[1]);
  if (every > 0) return every;
  throw new RefineryError('INPUT_NOT_FOUND', `There is no ${within} in the video ${path}.`, {
    hint: 'Of a video a part of the frames can be read: clip.mp4/every-5 is each fifth.',
  });
}

/** By its number from 0, as Datumaro names it. */
const nameOf = (frame: number, within: string): string =>
  `${within === '' ? '' : `${within}/`}${String(frame).padStart(6, '0')}.png`;

/** Goes through some of the names that frames will have, which tell what they are. None has first characters to look at. */
export async function listVideo(
  path: string,
  takes: (name: string, isFolder: boolean) => boolean,
  signal: AbortSignal | undefined,
  within: string,
): Promise<(name: string) => Promise<string>> {
  const every = everyIn(path, within);
  await framesOf(path, signal);
  for (const frame of [0, every, 2 * every]) takes(nameOf(frame, within), false);
  return async () => '';
}

/** Takes the frames of a video out, or every so manieth, as PNG without loss. */
export async function unpackVideo(path: string, unpacking: Unpacking, signal?: AbortSignal): Promise<void> {
  const { size } = await stat(path);
  const every = everyIn(path, unpacking.within);
  const frames = Math.ceil((await framesOf(path, signal)) / every);
  const some = every > 1 ? ['-vf', `select=not(mod(n\\,${every}))`] : [];
  const video = { size, frames, every };
  // Releases before 5.1 have another word for taking each frame once, at whatever times they are to be shown.
  const known = await decode(path, [...some, '-fps_mode', 'passthrough'], unpacking, video, signal);
  if (!known) await decode(path, [...some, '-vsync', 'passthrough'], unpacking, video, signal);
}

/** Where a video doesn't number its frames, they are guessed from its length, and a few more or less are no damage. */
const mostMissing = 0.05;

/** @returns whether ffmpeg knows the words. */
async function decode(
  path: string,
  which: readonly string[],
  unpacking: Unpacking,
  { size, frames, every }: { readonly size: number; readonly frames: number; readonly every: number },
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const from = ['-nostdin', '-v', 'error', ...alone, '-i', path, '-map', '0:v:0', ...which];
  const to = ['-f', 'image2pipe', '-c:v', 'png', '-compression_level', '1', '-'];
  const child = spawn('ffmpeg', [...from, ...to], { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 1));
  });
  const stop = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', stop, { once: true });
  try {
    let frame = 0;
    for await (const picture of pngsIn(child.stdout)) {
      const name = nameOf(frame * every, unpacking.within);
      if (!unpacking.wants(name, 'file')) continue;
      const file = unpacking.create(name);
      try {
        file.write(picture);
      } finally {
        file.close();
      }
      await unpacking.passed(size / Math.max(1, frames));
      frame += 1;
    }
    const code = await ended;
    signal?.throwIfAborted();
    if (code === 127) throw noFfmpeg();
    const isCut = errors !== '' && frame < frames * (1 - mostMissing);
    if (frame > 0 && isCut)
      throw unreadable(path, errors, `is damaged: ${frame} of its ${frames} frames can be read`);
    if (code === 0 && frame > 0) return true;
    if (frame === 0 && /Unrecognized option|Option .* not found/i.test(errors)) return false;
    throw unreadable(path, errors);
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

const signatureBytes = 8;
/** Of a chunk: its length, its kind, and its checksum. */
const chunkBytes = 12;

/** Pictures in PNG that come one after another: each ends with its chunk IEND. What is given is gone after its turn. */
async function* pngsIn(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let buffer = Buffer.alloc(1 << 20);
  let length = 0;
  /** Where the next chunk of the picture begins. */
  let at = signatureBytes;
  for await (const bytes of stream) {
    if (length + bytes.length > buffer.length) {
      const larger = Buffer.alloc(2 * (length + bytes.length));
      buffer.copy(larger, 0, 0, length);
      buffer = larger;
    }
    buffer.set(bytes, length);
    length += bytes.length;
    while (length >= at + chunkBytes) {
      const end = at + chunkBytes + buffer.readUInt32BE(at);
      if (length < end) break;
      const isLast = buffer.toString('latin1', at + 4, at + 8) === 'IEND';
      at = end;
      if (!isLast) continue;
      yield buffer.subarray(0, at);
      buffer.copyWithin(0, at, length);
      length -= at;
      at = signatureBytes;
    }
  }
}
