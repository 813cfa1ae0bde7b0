import { X } from 'lucide-react';
import { useRef, useState } from 'react';
import type { DatasetProgress, DatasetSummary } from '../../../src-main/contract/index.ts';
import { classColour } from '../../ui/class-colour.ts';
import { count, formatTimeLeft } from '../../ui/format.ts';
import { Button, IconButton, Progress } from '../../ui/parts.tsx';
import { Failure } from './failure.tsx';
import { cancelMerging } from './merging.ts';
import { askForFormat, backToLast, closeDataset } from './opening.ts';
import type { Merged } from './others.ts';
import { cancelShaping, cancelWork, changeFilter, showStep, useWizard } from './state.ts';
import { focusStepTitle } from './step-title.tsx';
import { Values } from './values.tsx';
import { cannotBeRead, difference, kindWords, number } from './words.ts';

/** Classes that are listed before one asks for all. */
const fewClasses = 14;

/** What the set holds, always up to date with the changes on its way. */
export function SummaryPanel({ onOther }: { readonly onOther: () => void }) {
  const { view, before, summary, shaped, busy, progress, error, opening, unopened, refused, merged } =
    useWizard();
  const reading = progress?.stage === 'unpacking' ? 'Unpacking' : 'Reading';
  const now = shaped?.summary ?? summary;
  const notRead = error && error.code !== 'CANCELLED' ? 'Could not be read' : 'Not read yet';
  return (
    <aside className="set-summary" aria-label="The set">
      <header className="row spread">
        <h1 className="clip" title={view?.location} dir="auto">
          {view?.name}
        </h1>
        <IconButton label="Close the set" onClick={closeDataset}>
          <X size={16} />
        </IconButton>
      </header>
      {merged && <MergedWith merged={merged} />}
      {now && summary ? (
        <Figures before={summary} now={now} />
      ) : (
        <p className="quiet">{busy === 'reading' ? reading : notRead}</p>
      )}
      <UnderWay />
      {before?.view && (
        <div className="stack">
          <p className="quiet">
            <span dir="auto">{before.view.name}</span> stays open until this one is read.
          </p>
          <Button onClick={() => backToLast()}>Back to {before.view.name}</Button>
        </div>
      )}
      <Button kind="bare" aria-disabled={opening} onClick={() => opening || onOther()}>
        {opening ? 'Looking what it is' : 'Open another'}
      </Button>
      {unopened && <Failure error={unopened} title="It was not opened." />}
      {refused && <Button onClick={() => void askForFormat()}>Read it as another format</Button>}
    </aside>
  );
}

function MergedWith({ merged: { others } }: { readonly merged: Merged }) {
  const names = others.map(({ name }) => name).join(', ');
  return (
    <p className="quiet clip" title={names}>
      Merged with {names}
    </p>
  );
}

/** What the person waits for; an archive is unpacked for a look at its pictures, too. */
function UnderWay() {
  const { busy, progress, isMerging } = useWizard();
  const isUnpacking = isMerging
    ? progress?.stage === 'merging' && progress.total !== null
    : progress?.stage === 'unpacking' && busy !== 'converting';
  const timeLeft = useTimeLeft(isUnpacking ? progress : null);
  if (!isMerging && !isUnpacking && (!busy || busy === 'converting')) return null;
  const share = progress?.total ? progress.done / progress.total : 0.02;
  const left = timeLeft === null ? '' : `, ${formatTimeLeft(timeLeft)}`;
  const read = progress ? `${count(progress.done, 'picture')} read` : 'Reading';
  return (
    <div className="stack under-way" role="status">
      <Progress value={share} label={isUnpacking ? 'Unpacking' : 'What is under way'} />
      <div className="row spread quiet">
        <span className="numeric">{isUnpacking ? `${Math.floor(100 * share)} %${left}` : read}</span>
        <Button
          kind="bare"
          onClick={() => {
            focusStepTitle();
            if (isMerging) cancelMerging();
            else if (busy === 'shaping' || busy === 'planning') cancelShaping();
            else cancelWork();
          }}
        >
          Cancel
        </Button>
      </div>
    </div>
  );
}

/** Milliseconds until all is done, going by what was done since this began; null while that says little. */
function useTimeLeft(progress: DatasetProgress | null): number | null {
  const began = useRef<{ readonly at: number; readonly done: number } | null>(null);
  if (!progress?.total) {
    began.current = null;
    return null;
  }
  began.current ??= { at: performance.now(), done: progress.done };
  const { at, done } = began.current;
  const elapsed = performance.now() - at;
  if (elapsed < 1000 || progress.done === done) return null;
  return (elapsed * (progress.total - progress.done)) / (progress.done - done);
}

function Figures({ before, now }: { readonly before: DatasetSummary; readonly now: DatasetSummary }) {
  const isMerged = useWizard(({ merged }) => merged !== null);
  const [all, setAll] = useState(false);
  const classes = all ? now.labels : now.labels.slice(0, fewClasses);
  const most = Math.max(1, ...now.labels.map(({ annotations }) => annotations));
  return (
    <>
      <p className="quiet">{now.title}</p>
      <dl className="set-figures">
        <Figure name="Pictures" before={before.items} now={now.items} />
        <Figure name="Annotations" before={before.annotations} now={now.annotations} />
        <Figure name="Classes" before={before.labels.length} now={now.labels.length} />
        <Figure name="Without annotations" before={before.withoutAnnotations} now={now.withoutAnnotations} />
      </dl>
      <section aria-label="Splits">
        <h2>Splits</h2>
        <ul className="plain">
          {now.subsets.map(({ name, items }) => (
            <li key={name} className="row spread">
              <button
                type="button"
                className="name-button clip"
                title={name}
                dir="auto"
                onClick={() => {
                  changeFilter({ subset: name });
                  showStep('look');
                }}
              >
                {name}
              </button>
              <span className="numeric quiet">{number(items)}</span>
            </li>
          ))}
        </ul>
      </section>
      {now.types.length > 0 && (
        <section aria-label="Kinds">
          <h2>Kinds</h2>
          <ul className="plain">
            {now.types.map(({ type, annotations }) => (
              <li key={type} className="row spread">
                <span className="clip">{kindWords[type]}</span>
                <span className="numeric quiet">{number(annotations)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {now.labels.length > 0 && (
        <section aria-label="Classes">
          <h2>Classes</h2>
          <ul className="plain">
            {classes.map(({ name, annotations }, index) => (
              <li key={name} className="class-row">
                <span className="swatch" style={{ background: classColour(index) }} aria-hidden />
                <button
                  type="button"
                  className="name-button clip"
                  title={name}
                  dir="auto"
                  onClick={() => {
                    changeFilter({ label: before.labels.findIndex((label) => label.name === name) });
                    showStep('look');
                  }}
                >
                  {name}
                </button>
                <span className="class-bar" aria-hidden>
                  <span style={{ width: `${(100 * annotations) / most}%` }} />
                </span>
                <span className="numeric quiet">{number(annotations)}</span>
              </li>
            ))}
          </ul>
          {now.labels.length > fewClasses && (
            <Button kind="bare" onClick={() => setAll(!all)}>
              {all ? 'Fewer' : `All ${number(now.labels.length)}`}
            </Button>
          )}
        </section>
      )}
      <Infos infos={now.infos} />
      {now.missingPictures > 0 && (
        <p className="state-warning">
          {count(now.missingPictures, 'picture is', 'pictures are')} missing. Put{' '}
          {now.missingPictures === 1 ? 'it' : 'them'} into the set’s folder, and open it again.
        </p>
      )}
      {now.problems.total > 0 && (
        <p className="state-warning">
          {cannotBeRead(now.problems.total, isMerged)}.{' '}
          <button type="button" className="name-button underlined" onClick={() => showStep('source')}>
            Show them
          </button>
        </p>
      )}
      {now.changes.total > 0 && (
        <p className="state-warning">
          The changes tell of {count(now.changes.total, 'thing')}.{' '}
          <button type="button" className="name-button underlined" onClick={() => showStep('shape')}>
            Show {now.changes.total === 1 ? 'it' : 'them'}
          </button>
        </p>
      )}
    </>
  );
}

/** What the set says of itself: licence, author, version. */
function Infos({ infos }: Pick<DatasetSummary, 'infos'>) {
  if (infos.length === 0) return null;
  return (
    <section aria-label="About the set">
      <h2>About the set</h2>
      <Values of={infos} />
    </section>
  );
}

function Figure(props: { readonly name: string; readonly before: number; readonly now: number }) {
  const change = difference(props.before, props.now);
  return (
    <div className="row spread">
      <dt>{props.name}</dt>
      <dd className="numeric">
        {change && (
          <>
            <span className="set-change">{change}</span>
            <span className="hidden-visually">, now </span>
          </>
        )}
        {number(props.now)}
      </dd>
    </div>
  );
}
