import { Settings2 } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import type { Finding, RuntimeCandidate, Settings as Values } from '../../../src-main/contract/index.ts';
import type { Page } from '../../app/page-type.ts';
import { call, changeSettings, useSession } from '../../state/session.ts';
import { formatBytes } from '../../ui/format.ts';
import { Button, Check, Field, NumberInput, Segmented } from '../../ui/parts.tsx';
import { chooseRuntime, copyHealth, findingWords, takeRuntime } from './runtime.ts';
import './settings.css';

function Settings() {
  const settings = useSession((state) => state.settings);
  if (!settings) return null;
  return (
    <div className="page">
      <div className="column">
        <header className="page-head">
          <h1>Settings</h1>
        </header>
        <Look settings={settings} />
        <Computing settings={settings} />
        <Health />
      </div>
    </div>
  );
}

function Look({ settings }: { readonly settings: Values }) {
  return (
    <section className="section" aria-label="Look">
      <h2>Look</h2>
      <div className="setting">
        <Segmented
          label="Theme"
          value={settings.theme}
          options={[
            ['system', 'As the system'],
            ['dark', 'Dark'],
            ['light', 'Light'],
          ]}
          onChange={(theme) => changeSettings({ theme })}
        />
      </div>
      <Check
        checked={settings.notifyWhenDone}
        onChange={(notifyWhenDone) => changeSettings({ notifyWhenDone })}
      >
        Tell me when a long batch is done while the window is in the background
      </Check>
    </section>
  );
}

function Computing({ settings }: { readonly settings: Values }) {
  const { info, status, shell } = useSession();
  const [candidates, setCandidates] = useState<readonly RuntimeCandidate[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another folder means another list.
  useEffect(() => {
    call('engine.runtimes', {}).then(
      (answer) => setCandidates(answer.candidates),
      () => undefined,
    );
  }, [settings.runtimePath, info]);
  return (
    <section className="section" aria-label="Computing">
      <h2>Computing</h2>
      <p>
        {info?.runtime
          ? `OpenVINO ${info.runtime.version ?? ''}, ${info.runtime.source}`
          : 'No OpenVINO was found. Choose the folder of one, or install the Python package openvino and start again.'}
      </p>
      <ul className="plain">
        {info?.devices
          .filter(({ kind }) => kind !== 'AUTO')
          .map(({ id, fullName, capabilities }) => (
            <li key={id}>
              <span className="mono">{id}</span> {fullName}
              <span className="quiet">{` ${capabilities.join(', ')}`}</span>
            </li>
          ))}
      </ul>
      <details>
        <summary>Where Refinery looked</summary>
        <ul className="plain">
          {candidates.map((candidate) => (
            <li key={`${candidate.source} ${candidate.path}`}>
              <span className={candidate.usable ? 'state-good' : 'quiet'}>
                {candidate.usable ? 'Usable' : 'Not used'}
              </span>
              {`: ${candidate.source}, ${candidate.reason ?? candidate.version ?? ''}`}
              <div className="mono quiet">{candidate.path}</div>
            </li>
          ))}
        </ul>
      </details>
      <div className="row">
        {shell?.native && <Button onClick={() => void chooseRuntime()}>Choose a folder with OpenVINO</Button>}
        {settings.runtimePath !== '' && (
          <Button onClick={() => void takeRuntime(null)}>Let Refinery look again</Button>
        )}
      </div>
      <div className="setting-pair">
        <Field label="Threads" hint="0 leaves it to OpenVINO.">
          {(id) => (
            <NumberInput
              id={id}
              value={settings.threads}
              least={0}
              most={256}
              onChange={(threads) => changeSettings({ threads: Math.round(threads) })}
            />
          )}
        </Field>
        <Field
          label="Memory for pictures, in MB"
          hint={
            status
              ? `0 takes half of what is free, now ${formatBytes(status.freeMemory / 2)}.`
              : '0 takes half of what is free.'
          }
        >
          {(id) => (
            <NumberInput
              id={id}
              value={settings.memoryBudget}
              least={0}
              most={1_048_576}
              onChange={(memory) => changeSettings({ memoryBudget: Math.round(memory) })}
            />
          )}
        </Field>
      </div>
    </section>
  );
}

const styles = { good: 'state-good', warning: 'state-warning', missing: 'state-failed' } as const;

/** What was found on this machine, what is missing, and what to do. */
function Health() {
  const [findings, setFindings] = useState<readonly Finding[] | null>(null);
  const look = useCallback(async (): Promise<void> => {
    setFindings(null);
    try {
      setFindings((await call('engine.doctor', {})).findings);
    } catch {
      setFindings([]);
    }
  }, []);
  useEffect(() => void look(), [look]);
  return (
    <section className="section" aria-label="Health">
      <h2>Health</h2>
      {findings === null ? (
        <p className="quiet">Looking</p>
      ) : (
        <dl className="health">
          {findings.map(({ topic, state, message, hint }) => (
            <div key={topic + message}>
              <dt>{topic}</dt>
              <dd>
                <span className={styles[state]}>{findingWords[state]}</span>
                {`: ${message}`}
                {hint && <div className="quiet">{hint}</div>}
              </dd>
            </div>
          ))}
        </dl>
      )}
      <div className="row">
        <Button onClick={() => void look()}>Look again</Button>
        <Button onClick={() => void copyHealth(findings ?? undefined)}>Copy</Button>
      </div>
    </section>
  );
}

export const page: Page = {
  id: 'settings',
  title: 'Settings',
  icon: Settings2,
  rank: 102,
  component: Settings,
};
