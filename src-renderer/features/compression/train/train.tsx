import { CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react';
import { type FormEvent, type ReactNode, useEffect } from 'react';
import { act } from '../../../state/session.ts';
import { formatBytes } from '../../../ui/format.ts';
import { Button, Check, Field, NumberInput } from '../../../ui/parts.tsx';
import { useEditing } from '../configure/state.ts';
import { openRun } from '../state.ts';
import {
  chooseConfiguration,
  chooseEnvironment,
  chooseOutput,
  choosePython,
  chooseScript,
  lookAtPython,
  startTraining,
  useStarting,
} from './state.ts';
import './train.css';

/** Starts a training with JPQD in a Python environment that has what it needs. */
export function Train() {
  const {
    script,
    config,
    folder,
    name,
    again,
    processes,
    starting,
    arguments: given,
    environment,
  } = useStarting();
  const edited = useEditing((state) => state.file);
  const set = useStarting.setState;
  const ready = script !== null && folder !== null && name.trim() !== '' && environment?.location != null;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const started = await startTraining();
    if (started) await openRun({ handles: [started], refused: [] });
  };
  return (
    <div className="page train">
      <header className="page-head">
        <div>
          <h1>Start a training</h1>
          <p className="quiet">
            It runs on this machine in its own process, also when the window is closed, and is watched here.
          </p>
        </div>
      </header>
      <Environment />
      <form className="section" aria-label="The training" onSubmit={(event) => void submit(event)}>
        <h2>The training</h2>
        <Chosen
          label="Training script"
          hint="Your own, or run_glue.py and run_qa.py of optimum-intel 1.15’s examples."
          value={script?.location ? `${script.location}/${script.name}` : null}
        >
          <Button onClick={chooseScript}>Choose a script</Button>
        </Chosen>
        <Chosen
          label="Configuration"
          hint="Stands for {config} in the arguments."
          value={config ? `${config.location}/${config.name}` : null}
        >
          {edited && edited.handle.id !== config?.id && (
            <Button onClick={() => set({ config: edited.handle })}>Take {edited.handle.name}</Button>
          )}
          <Button onClick={chooseConfiguration}>Choose a configuration</Button>
        </Chosen>
        <Chosen label="Goes into" value={folder ? folder.location : null}>
          <Button onClick={chooseOutput}>Choose where</Button>
        </Chosen>
        <Field label="Name of its folder" hint="Stands, with the place above, for {output} in the arguments.">
          {(id) => (
            <input
              id={id}
              className="input"
              value={name}
              maxLength={200}
              spellCheck={false}
              onChange={(event) => set({ name: event.target.value })}
            />
          )}
        </Field>
        <Field
          label="Arguments"
          hint="As on a command line. Scripts of transformers take --overwrite_output_dir, because the log lies in the folder; take it out to go on from a checkpoint."
        >
          {(id) => (
            <textarea
              id={id}
              className="input mono arguments"
              rows={11}
              spellCheck={false}
              value={given}
              onChange={(event) => set({ arguments: event.target.value })}
            />
          )}
        </Field>
        <Field
          label="Processes"
          hint="One for each card that trains. More than one are started by torchrun, and share what a step learns from."
        >
          {(id) => (
            <NumberInput
              id={id}
              value={processes}
              most={64}
              onChange={(next) => set({ processes: Math.round(next) })}
            />
          )}
        </Field>
        <Check checked={again} onChange={(next) => set({ again: next })}>
          Go on in a folder that has a training already
        </Check>
        <div className="row end">
          {!ready && (
            <span className="quiet">
              {environment?.location == null
                ? 'An environment is missing.'
                : !script
                  ? 'A script is missing.'
                  : 'It isn’t said where it goes.'}
            </span>
          )}
          <Button kind="primary" className="tall" type="submit" disabled={!ready || starting}>
            {starting ? 'Starting' : 'Start the training'}
          </Button>
        </div>
      </form>
    </div>
  );
}

interface ChosenProps {
  readonly label: string;
  readonly hint?: string;
  readonly value: string | null;
  readonly children: ReactNode;
}

function Chosen({ label, hint, value, children }: ChosenProps) {
  return (
    <div className="field">
      <span className="label">{label}</span>
      <div className="row spread">
        <span className="clip" title={value ?? undefined}>
          {value ?? <span className="quiet">None yet</span>}
        </span>
        <div className="row">{children}</div>
      </div>
      {hint && <div className="hint">{hint}</div>}
    </div>
  );
}

const signs = {
  good: [CircleCheck, 'state-good', 'Good'],
  warning: [TriangleAlert, 'state-warning', 'Not tried'],
  error: [CircleAlert, 'state-failed', 'Wrong'],
} as const;

function Environment() {
  const { python, environment, looking, installing } = useStarting();
  useEffect(() => {
    if (!useStarting.getState().environment) void lookAtPython();
  }, []);
  const install = environment?.toInstall;
  const busy = installing?.doing != null;
  const faulty = environment?.findings.some(({ severity }) => severity === 'error');
  return (
    <section className="section" aria-label="Environment">
      <div className="row spread">
        <h2>Python environment</h2>
        <div className="row">
          {python && <Button onClick={() => void choosePython(null)}>Refinery’s own</Button>}
          <Button onClick={chooseEnvironment}>{python ? 'Choose another' : 'Choose one of yours'}</Button>
          {environment?.location && (
            <Button disabled={looking} onClick={() => void lookAtPython(true)}>
              {looking ? 'Looking' : 'Try it'}
            </Button>
          )}
        </div>
      </div>
      <p className="quiet">
        {environment?.location ??
          (looking
            ? 'Looking what is there'
            : 'Today’s releases have no JPQD any more; it needs older ones, together.')}
      </p>
      {environment && environment.findings.length > 0 && (
        <table className="table environment">
          <tbody>
            {environment.findings.map(({ name, severity, found, message }) => {
              const [Icon, style, word] = signs[severity];
              return (
                <tr key={name}>
                  <td>
                    <Icon size={14} className={style} aria-label={word} />
                  </td>
                  <th scope="row">{name}</th>
                  <td className="mono">{found || '–'}</td>
                  <td className={severity === 'good' ? 'quiet' : undefined}>{message}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {install && (environment?.location === null || faulty) && (
        <div className="row spread make">
          <div>
            {busy ? (
              <p role="status">{installing.doing}</p>
            ) : (
              <p>
                Refinery can make one with the releases that ran together:{' '}
                {formatBytes(install.download * 1e6)} to download, {formatBytes(install.disk * 1e6)} on the
                disk, five to thirty minutes. What was done stays when it is broken off.
              </p>
            )}
            {installing?.error && (
              <p className="state-failed" role="alert">
                {installing.error.message} {installing.error.hint}
              </p>
            )}
          </div>
          {busy ? (
            <Button onClick={() => void act('training.cancelInstall', {})}>Cancel</Button>
          ) : (
            <Button onClick={() => void act('training.install', {})}>
              {installing?.error ? 'Go on with it' : 'Make the environment'}
            </Button>
          )}
        </div>
      )}
    </section>
  );
}
