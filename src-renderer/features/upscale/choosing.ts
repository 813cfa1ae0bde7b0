import type { UpscaleSettings } from '../../../src-main/contract/index.ts';
import { overrideJobs, useJobs } from '../../state/jobs.ts';
import { useSelection } from '../../state/selection.ts';
import { changeUpscale, useSession } from '../../state/session.ts';
import { useViewState } from './view-state.ts';

/** The choices that are shown: of the selected pictures alone, where they have been asked for, or of all. */
export function shownChoices(): { readonly ids: readonly string[]; readonly value: UpscaleSettings | null } {
  const { jobs } = useJobs.getState();
  const { selected, current } = useSelection.getState();
  const settings = useSession.getState().settings?.upscale ?? null;
  const ids = [...selected].filter((id) => jobs.get(id)?.state === 'ready');
  if (!useViewState.getState().onlyThis || ids.length === 0) return { ids: [], value: settings };
  return { ids, value: jobs.get(current ?? '')?.upscale?.override ?? settings };
}

/** Changes the choices that are shown. */
export function choose(next: Partial<UpscaleSettings>): void {
  const { ids, value } = shownChoices();
  if (ids.length > 0 && value) overrideJobs(ids, { ...value, ...next });
  else changeUpscale(next);
}
