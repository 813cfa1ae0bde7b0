import {
  CheckCircle2,
  Circle,
  CircleAlert,
  CirclePause,
  CircleSlash,
  Clock3,
  type LucideIcon,
  RotateCw,
} from 'lucide-react';
import type { JobState } from '../../src-main/contract/index.ts';

export const stateWord: Readonly<Record<JobState, string>> = {
  ready: 'Ready',
  queued: 'Waiting',
  running: 'Running',
  paused: 'Paused',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
  setAside: 'Set aside',
};

const signs: Readonly<Record<JobState, readonly [icon: LucideIcon, style: string]>> = {
  ready: [Circle, 'quiet'],
  queued: [Clock3, 'quiet'],
  running: [RotateCw, 'turning'],
  paused: [CirclePause, 'state-warning'],
  done: [CheckCircle2, 'state-good'],
  failed: [CircleAlert, 'state-failed'],
  cancelled: [CircleSlash, 'quiet'],
  setAside: [CircleAlert, 'state-warning'],
};

/** A state's sign; a word always stands beside it. */
export function StateMark({ state, size = 14 }: { readonly state: JobState; readonly size?: number }) {
  const [Icon, style] = signs[state];
  return <Icon size={size} className={style} aria-hidden />;
}
