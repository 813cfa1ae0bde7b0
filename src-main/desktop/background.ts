import { type BrowserWindow, Notification, powerSaveBlocker } from 'electron';
import type { QueueSummary } from '../contract/jobs.ts';
import type { EngineClient } from '../contract/wire.ts';
import { noticeOf, taskBarOf } from './notice.ts';

/** What the system sees of a working queue: progress in the task bar, no sleep, a word when it is over. */
export function followQueue(client: EngineClient, window: () => BrowserWindow | undefined): void {
  let blocker: number | undefined;
  let before: QueueSummary | undefined;

  const wake = (): void => {
    if (blocker !== undefined) powerSaveBlocker.stop(blocker);
    blocker = undefined;
  };

  async function tellEnd(from: QueueSummary, to: QueueSummary): Promise<void> {
    const target = window();
    if (!target || target.isFocused() || !Notification.isSupported()) return;
    if (!(await client.call('settings.get', {})).notifyWhenDone) return;
    const words = noticeOf(from.counts, to.counts);
    if (!words) return;
    const notice = new Notification(words);
    notice.on('click', () => target.show());
    notice.show();
  }

  const follow = (summary: QueueSummary): void => {
    const busy = summary.counts.queued + summary.counts.running > 0 && !summary.paused;
    const { fraction, mode } = taskBarOf(summary);
    window()?.setProgressBar(fraction, { mode });
    if (busy && blocker === undefined) {
      blocker = powerSaveBlocker.start('prevent-app-suspension');
      before = summary;
    } else if (!busy && blocker !== undefined) {
      wake();
      if (before && !summary.paused) void tellEnd(before, summary);
    }
  };

  client.on('jobs.changed', ({ summary }) => follow(summary));
  client.on('jobs.removed', ({ summary }) => follow(summary));
  client.onClose(wake);
}
