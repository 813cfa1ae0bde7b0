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
