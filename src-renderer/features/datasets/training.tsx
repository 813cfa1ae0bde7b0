import { useEffect, useState } from 'react';
import type { TrainingView } from '../../../src-main/contract/index.ts';
import { copyText } from '../../state/clipboard.ts';
import { trainWith } from '../../state/hand-over.ts';
import { call } from '../../state/session.ts';
import { count } from '../../ui/format.ts';
import { Button } from '../../ui/parts.tsx';
import { copyTrainCheck } from './command.ts';

interface TrainingProps {
  /** Handle of the new set's folder. */
  readonly handle: string;
  /** The folder, as the command line takes it. */
  readonly path: string;
}

/** Whether a finding is mended by writing where the set lies. */
const isAboutPlace = ({ check, examples }: TrainingView['findings'][number]): boolean =>
  check === 'relative_path' ||
  (check === 'missing_path' && examples.some((example) => example.startsWith('path: ')));

/** What training with the new set would meet, and the lines to start it. */
export function Training({ handle, path }: TrainingProps) {
  const [view, setView] = useState<TrainingView | null>(null);
  const look = (absolute: boolean): void => {
    call('datasets.handOff', { handle, absolute }).then(setView, () => undefined);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another set is looked at anew.
  useEffect(() => look(false), [handle]);
  if (!view) return null;
  const copy = (command: string): Promise<void> => copyText(command, 'Command copied');
  return (
    <section className="section" aria-label="Training">
      <div className="row spread">
        <h2>{view.trains ? 'Ultralytics would train with it' : 'Ultralytics would not train with it yet'}</h2>
        <div className="row">
          <Button onClick={() => void copyTrainCheck(path)}>Copy the check’s command</Button>
          {view.trains && (
            <Button onClick={() => void call('files.describe', { id: handle }).then(trainWith)}>
              Train with it
            </Button>
          )}
        </div>
      </div>
      {view.findings.length > 0 && (
        <ul className="plain">
          {view.findings.map(({ severity, title, hint, count: times, examples }) => (
            <li key={title} title={examples.join('\n')}>
              <span
                className={
                  severity === 'error' ? 'state-failed' : severity === 'warning' ? 'state-warning' : 'quiet'
                }
              >
                {severity === 'info' ? 'Note' : severity === 'error' ? 'Error' : 'Warning'}
              </span>{' '}
              {title} <span className="quiet">{`${count(times, 'time')}. ${hint}`}</span>
            </li>
          ))}
        </ul>
      )}
      {view.findings.some(isAboutPlace) && (
        <div>
          <Button onClick={() => look(true)}>Write the set’s place into data.yaml</Button>
        </div>
      )}
      <ul className="plain command-list">
        {view.commands.map(({ title, command }) => (
          <li key={command}>
            <span>
              {title} <code className="mono quiet">{command}</code>
            </span>
            <Button aria-label={`Copy: ${title}`} onClick={() => void copy(command)}>
              Copy
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
