import { clsx } from 'clsx';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import type { DatasetMedia, ErrorValue } from '../../../src-main/contract/index.ts';
import { chooseFolder } from '../../app/choose-folder.ts';
import { useSession } from '../../state/session.ts';
import { count } from '../../ui/format.ts';
import { Button, Check, Field, Segmented } from '../../ui/parts.tsx';
import { copyConvert } from './command.ts';
import { Failure } from './failure.tsx';
import { LossTable } from './loss-table.tsx';
import { changeWriting, convertDataset, planFor, showStep, useWizard } from './state.ts';
import { StepTitle } from './step-title.tsx';
import { fateText, notMade, survival } from './words.ts';

const media: ReadonlyArray<readonly [DatasetMedia, string]> = [
  ['copy', 'Copy'],
  ['link', 'Hard links'],
  ['none', 'Leave out'],
];

const mediaHints: Readonly<Record<DatasetMedia, string>> = {
  copy: 'Pictures are copied byte by byte.',
  link: 'Takes no space: both sets share the files. Where the disk can’t, they are copied, and you are told.',
  none: 'Only annotations are written.',
};

/** Formats as cards with what survives, the most used first of those that keep as much; the chosen one's losses in full, and where it goes. */
export function Target() {
  const { shaped, target, plan, busy, error, unwritten, writing, view, isMerging } = useWizard();
  const native = useSession((state) => state.shell?.native ?? true);
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const targets = [...(shaped?.targets ?? [])]
    .filter(({ format, title }) => `${format} ${title}`.toLowerCase().includes(wanted))
    .sort((a, b) => survival(b.total) - survival(a.total));
  const chosen = shaped?.targets.find(({ format }) => format === target);
  const loss = plan?.loss ?? chosen?.loss;
  // Tab goes past the many formats; arrows go between them.
  const reached = targets.some(({ format }) => format === target) ? target : targets[0]?.format;
  const copy = async (): Promise<void> => {
    const folder = writing.folder?.location ?? view?.outer ?? '.';
    await copyConvert(target ?? '', writing, `${folder}/${writing.name.trim()}`);
  };
  const isOfName = unwritten?.code === 'OUTPUT_EXISTS' || /[/\\]/.test(writing.name);
  return (
    <div className="target">
      <section className="target-list" aria-label="Formats">
        <input
          className="input"
          type="search"
          placeholder="Find a format"
          aria-label="Find a format"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {!shaped && (
          <p className="quiet">{busy === 'shaping' ? 'Looking what each format would keep' : ''}</p>
        )}
        <ul className="plain" aria-label="Formats" onKeyDown={moveAmong}>
          {targets.map(({ format, title, total, loss }) => (
            <li key={format}>
              <button
                type="button"
                tabIndex={format === reached ? 0 : -1}
                className={clsx('target-card', format === target && 'current')}
                aria-pressed={format === target}
                onClick={() => void planFor(format)}
              >
                <span className="target-title">{title}</span>
                <span className="survival" aria-hidden>
                  <span style={{ width: `${100 * survival(total)}%` }} />
                </span>
                <span className="quiet">{fateText(total, loss)}</span>
              </button>
            </li>
          ))}
        </ul>
      </section>
      <div className="target-detail">
        {!chosen || !loss ? (
          <div className="target-empty">
            <StepTitle>What is it to become?</StepTitle>
            {error && busy === null && (
              <>
                <Failure
                  error={error}
                  title={error.code === 'CANCELLED' ? notMade : 'A change can’t be made.'}
                />
                <div>
                  <Button onClick={() => showStep('shape')}>Show the changes</Button>
                </div>
              </>
            )}
            <p className="quiet">
              Each format says what it would keep of this set. Choose one to see every loss, measured, before
              anything is written.
            </p>
          </div>
        ) : (
          <>
            <StepTitle>
              {view?.name} as {chosen.title}
            </StepTitle>
            {error && busy === null && <Failure error={error} />}
            <LossTable loss={loss} />
            {plan?.advice.map((advice) => (
              <p key={advice} className="quiet">
                {advice}
              </p>
            ))}
            <form
              className="target-options"
              onSubmit={(event) => {
                event.preventDefault();
                void convertDataset();
              }}
            >
              <NameField error={isOfName ? unwritten : null} />
              <div className="field">
                <span className="label">Goes into</span>
                <div className="row spread">
                  <span className="clip">
                    {writing.folder?.location ?? 'The folder that the source is in'}
                  </span>
                  <div className="row">
                    {writing.folder && <Button onClick={() => changeWriting({ folder: null })}>Reset</Button>}
                    <Button
                      onClick={() =>
                        void chooseFolder('outputFolder', ({ handles: [folder] }) => {
                          if (folder) changeWriting({ folder: { id: folder.id, location: folder.location } });
                        })
                      }
                    >
                      {native ? 'Choose' : 'Name one'}
                    </Button>
                  </div>
                </div>
              </div>
              <div className="field">
                <span className="label">Pictures</span>
                <Segmented
                  label="Pictures"
                  value={writing.media}
                  options={media}
                  onChange={(value) => changeWriting({ media: value })}
                />
                <div className="hint">{mediaHints[writing.media]}</div>
              </div>
              <Check checked={writing.overwrite} onChange={(overwrite) => changeWriting({ overwrite })}>
                Replace files of an older set of this name
              </Check>
              <Check checked={writing.strict} onChange={(strict) => changeWriting({ strict })}>
                Stop if anything of the source can’t be read
              </Check>
              {unwritten && !isOfName && <Failure error={unwritten} title="Nothing was written." />}
              <div className="row wrap">
                <Button
                  kind="primary"
                  className="tall"
                  type="submit"
                  disabled={writing.name.trim() === '' || busy === 'converting' || isMerging}
                >
                  Write {count(shaped?.summary.items ?? 0, 'picture')}
                </Button>
                <Button className="tall" disabled={writing.name.trim() === ''} onClick={() => void copy()}>
                  Copy the command
                </Button>
              </div>
            </form>
          </>
        )}
      </div>
    </div>
  );
}

/** Up, down, Home and End go between the cards. */
function moveAmong(event: KeyboardEvent<HTMLElement>): void {
  const cards = [...event.currentTarget.querySelectorAll<HTMLElement>('.target-card')];
  const at = cards.indexOf(document.activeElement as HTMLElement);
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: cards.length - 1,
  };
  const card = cards[moves[event.key] ?? -1];
  if (at < 0 || !card) return;
  event.preventDefault();
  card.focus();
}

/** The name of the new folder, with why nothing was written under it. */
function NameField({ error }: { readonly error: ErrorValue | null }) {
  const { writing } = useWizard();
  const input = useRef<HTMLInputElement>(null);
  const messageId = useId();
  useEffect(() => {
    if (error) input.current?.focus();
  }, [error]);
  return (
    <Field
      label="Name of the new folder"
      hint={
        error && (
          <span id={messageId} className="state-failed" role="alert">
            {error.message} {error.hint}
          </span>
        )
      }
    >
      {(id) => (
        <input
          ref={input}
          id={id}
          className="input"
          dir="auto"
          value={writing.name}
          maxLength={200}
          spellCheck={false}
          aria-invalid={error !== null}
          aria-describedby={error ? messageId : undefined}
          onChange={(event) => changeWriting({ name: event.target.value })}
        />
      )}
    </Field>
  );
}
