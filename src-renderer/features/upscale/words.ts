import type { Job, UpscaleSettings } from '../../../src-main/contract/index.ts';
import { formatDuration, formatSize } from '../../ui/format.ts';
import { stateWord } from '../../ui/job-state.tsx';

/** What holds for a picture beside its own state: the queue stands still, or the picture is about to stop. */
export type Standing = 'paused' | 'cancelling' | null;

/** The state of a picture in a word or two. */
export function stateText(job: Job, standing: Standing = null): string {
  const { state, progress, upscale } = job;
  if (standing === 'cancelling') return 'Cancelling';
  if (standing === 'paused' && state === 'running') return stateWord.paused;
  if (state === 'ready' && !upscale?.picture) return 'Reading';
  if (state === 'running' && progress?.stage === 'waiting') return 'Waiting for its turn';
  if (state === 'running' && progress) {
    return `${stageText(progress.stage)} ${Math.floor(progress.fraction * 100)} %`;
  }
  if (state === 'done' && upscale?.result) return formatDuration(upscale.result.duration);
  return stateWord[state];
}

function stageText(stage: string): string {
  return stage.charAt(0).toUpperCase() + stage.slice(1);
}

/** "640 × 480 → 2560 × 1920" */
export function sizeText({ upscale }: Job): string {
  if (!upscale?.picture) return '';
  const target = upscale.result ?? upscale.target;
  return target ? `${formatSize(upscale.picture)} → ${formatSize(target)}` : formatSize(upscale.picture);
}

/** Everything about a row in one sentence, for screen readers. */
export function rowText(job: Job, standing: Standing = null): string {
  const state = job.state === 'done' ? `Done in ${stateText(job)}` : stateText(job, standing);
  return [job.title, job.upscale?.variant, sizeText(job).replace('→', 'to'), state]
    .filter(Boolean)
    .join(', ');
}

/** "x4", "1920 wide" */
export function scaleText({ scale }: UpscaleSettings): string {
  switch (scale.kind) {
    case 'factor':
      return `x${scale.factor}`;
    case 'percent':
      return `${scale.percent} %`;
    case 'width':
      return `${scale.pixels} wide`;
    case 'height':
      return `${scale.pixels} high`;
  }
}
