import type { Job, UpscaleSettings } from '../../../src-main/contract/index.ts';
import { isUnbegun, overrideJobs, useJobs } from '../../state/jobs.ts';
import { useSelection } from '../../state/selection.ts';
import { changeUpscale, useSession } from '../../state/session.ts';
import { useViewState } from './view-state.ts';

interface Looked {
  readonly jobs: ReadonlyMap<string, Job>;
  readonly selected: ReadonlySet<string>;
  readonly current: Job | undefined;
  readonly settings: UpscaleSettings;
  readonly onlyThis: boolean;
}

/** Whose choices are shown. */
interface Chosen {
  /** Selected pictures that nobody has begun: they can have choices of their own. */
  readonly ids: readonly string[];
  /** Whether the choices are those of these pictures, and not of all. */
  readonly alone: boolean;
  readonly value: UpscaleSettings;
}

/** The choices of the selected pictures alone, where they have been asked for, or of all. */
export function choicesOf({ jobs, selected, current, settings, onlyThis }: Looked): Chosen {
  const ids = [...selected].filter((id) => {
    const job = jobs.get(id);
    return job !== undefined && isUnbegun(job);
  });
  const alone = onlyThis && ids.length > 0;
  const own = current?.upscale?.override ?? current?.upscale?.frozen;
  return { ids, alone, value: alone ? (own ?? settings) : settings };
}

/** The same for who is not drawn; `null` before the settings are known. */
export function shownChoices(): Chosen | null {
  const { jobs } = useJobs.getState();
  const { selected, current } = useSelection.getState();
  const settings = useSession.getState().settings?.upscale;
  const { onlyThis } = useViewState.getState();
  if (!settings) return null;
  return choicesOf({ jobs, selected, current: jobs.get(current ?? ''), settings, onlyThis });
}

/** Changes the choices that are shown. */
export function choose(next: Partial<UpscaleSettings>): void {
  const shown = shownChoices();
  if (shown?.alone) overrideJobs(shown.ids, { ...shown.value, ...next });
  else changeUpscale(next);
}
