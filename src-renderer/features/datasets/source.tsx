import type { ReactNode } from 'react';
import type { DatasetView } from '../../../src-main/contract/index.ts';
import { Button } from '../../ui/parts.tsx';
import { copyDetect } from './command.ts';
import { Failure } from './failure.tsx';
import { Frames } from './frames.tsx';
import { Merge } from './merge.tsx';
import { openInner, readDataset, takeEvery } from './opening.ts';
import { Preview } from './preview.tsx';
import { ProblemTable } from './problem-table.tsx';
import { type InnerSet, isAmbiguous, likeliest, showStep, useWizard } from './state.ts';
import { StepTitle } from './step-title.tsx';
import { cannotBeRead } from './words.ts';

/** What the folder is, why, and what of it can't be read. */
export function Source() {
  const { view, beside, summary, busy, error, opening, merged } = useWizard();
  if (!view) return null;
  const { candidates, sets } = view;
  const failed = summary === null && busy === null ? error : null;
  return (
    <div className="column">
      <header className="page-head">
        <div>
          <StepTitle>
            {failed && failed.code !== 'CANCELLED' ? 'This can’t be read' : titleOf(view)}
          </StepTitle>
          <p className="quiet">{view.location}</p>
        </div>
        <div className="row">
          <Button className="tall" onClick={() => void copyDetect(view.path)}>
            Copy the command
          </Button>
          {summary && (
            <Button kind="primary" className="tall" onClick={() => showStep('look')}>
              Look at it
            </Button>
          )}
        </div>
      </header>
      {failed && <Failure error={failed} />}
      {summary && summary.problems.total > 0 && (
        <section className="problems" aria-label="Problems">
          <h2>{cannotBeRead(summary.problems.total, merged !== null)}</h2>
          <p className="quiet">
            Everything else is carried over. Nothing of these is guessed. Mend the files that are named, and
            open the set again.
          </p>
          <ProblemTable of={summary.problems} />
        </section>
      )}
      {sets.length > 0 && <InnerSets sets={sets} />}
      {view.video && !summary && (
        <section className="section" aria-label="Frames">
          <Frames
            video={view.video}
            disabled={busy !== null || opening}
            onEvery={(every) => void takeEvery(every)}
          />
        </section>
      )}
      {candidates.length === 0 && sets.length === 0 && (
        <p>
          Choose the folder that holds both the pictures and the annotations. Folders above or below it often
          look like nothing at all.
        </p>
      )}
      {sets.length === 0 ? (
        <Candidates view={view} />
      ) : (
        candidates.length > 0 && (
          <section className="section" aria-label="As one set">
            <h2>Or all of it as one set</h2>
            <Candidates view={view} />
          </section>
        )
      )}
      {summary && <Merge />}
      {beside.length > 1 && (
        <section className="section" aria-label="Other sets">
          <h2>Sets that lie beside it</h2>
          <InnerSets sets={beside} current={view.name} />
        </section>
      )}
    </div>
  );
}

function titleOf(view: DatasetView): string {
  const { candidates, sets, video } = view;
  if (video) return 'This is a video';
  const [best] = candidates;
  const holder = sets[0]?.within === '' ? 'folder' : 'archive';
  if (sets.length > 1) return `There are ${sets.length} sets in this ${holder}`;
  if (sets.length === 1) return `There is a set in this ${holder}`;
  if (!best) return 'This is no dataset that is known here';
  return isAmbiguous(view) ? 'This could be of several formats' : `This is ${best.title}`;
}

/** The formats that the set may be read as. */
function Candidates({ view }: { readonly view: DatasetView }) {
  const { summary, busy, opening, isMerging } = useWizard();
  const asked = new Set(isAmbiguous(view) ? likeliest(view).map(({ format }) => format) : []);
  return (
    <ul className="plain candidates">
      {view.candidates.map((candidate) => (
        <Candidate
          key={candidate.format}
          candidate={candidate}
          chosen={summary?.format === candidate.format ? 'Read as this' : null}
          preview={
            asked.has(candidate.format) && (
              <Preview id={view.id} format={candidate.format} title={candidate.title} />
            )
          }
          action={
            <Button
              disabled={busy !== null || opening || isMerging}
              onClick={() => void readDataset(candidate.format)}
            >
              Read as {candidate.title}
            </Button>
          }
        >
          {candidate.title} <span className="mono quiet">{candidate.format}</span>
        </Candidate>
      ))}
    </ul>
  );
}

/** Sets of one folder, to be opened one at a time. */
function InnerSets({ sets, current }: { readonly sets: readonly InnerSet[]; readonly current?: string }) {
  const { busy, opening } = useWizard();
  return (
    <ul className="plain candidates">
      {sets.map((one) => (
        <Candidate
          key={one.folder}
          candidate={one}
          chosen={one.folder === current ? 'Open now' : null}
          action={
            <Button disabled={busy !== null || opening} onClick={() => void openInner(one)}>
              Open {one.folder}
            </Button>
          }
        >
          {one.folder} <span className="quiet">{one.title}</span>
        </Candidate>
      ))}
    </ul>
  );
}

/** How sure a format is, and why; `chosen` stands in place of the action. */
function Candidate({
  candidate: { confidence, reasons, against },
  chosen,
  preview,
  action,
  children,
}: {
  readonly candidate: DatasetView['candidates'][number];
  readonly chosen: string | null;
  readonly preview?: ReactNode;
  readonly action: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <li className="candidate">
      <div className="row spread">
        <h3>{children}</h3>
        <span className="numeric quiet">{Math.round(confidence * 100)} % sure</span>
      </div>
      <ul className="plain">
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
        {against.map((reason) => (
          <li key={reason} className="quiet">
            But: {reason}
          </li>
        ))}
      </ul>
      {preview}
      {chosen === null ? <div>{action}</div> : <p className="state-good">{chosen}</p>}
    </li>
  );
}
