import type { QueueSummary } from '../contract/jobs.ts';

/** What the system's notice says at a queue's end, or undefined where nothing came to one. */
export function noticeOf(
  before: QueueSummary['counts'],
  after: QueueSummary['counts'],
): { title: string; body: string } | undefined {
  const done = after.done - before.done;
  const failed = after.failed - before.failed;
  if (done + failed <= 0) return undefined;
  const words = new Intl.PluralRules('en').select(done) === 'one' ? 'picture' : 'pictures';
  return {
    title: failed > 0 ? 'Refinery finished with failures' : 'Refinery has finished',
    body: `${done} ${words} upscaled${failed > 0 ? `, ${failed} failed` : ''}.`,
  };
}

/** What the task bar shows: how far the work is, also while it is paused; -1 where there is none. */
export function taskBarOf({ counts, paused, fraction }: QueueSummary): {
  fraction: number;
  mode: 'normal' | 'paused';
} {
  const open = counts.queued + counts.running > 0;
  return { fraction: open ? fraction : -1, mode: open && paused ? 'paused' : 'normal' };
}
