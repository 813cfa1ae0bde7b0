import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { type DatasetFinding, type DatasetTask, datasetTasks } from '../../../src-main/contract/index.ts';
import { call } from '../../state/session.ts';
import { count } from '../../ui/format.ts';
import { Button, Check, Select } from '../../ui/parts.tsx';
import { type About, useLookedThrough } from './asked.ts';
import { copyValidate } from './command.ts';
import { changeSteps, lookAtFinding, useWizard } from './state.ts';
import { focusIfLost } from './step-title.tsx';
import { UnderWay } from './under-way.tsx';
import { number, titleOf } from './words.ts';

const severities = {
  error: { word: 'Error', icon: CircleAlert, className: 'state-failed' },
  warning: { word: 'Warning', icon: TriangleAlert, className: 'state-warning' },
  info: { word: 'Note', icon: Info, className: 'quiet' },
} as const;

/** What is wrong with the set after its changes, and what mends it. */
export function Findings() {
  const [task, setTask] = useState<DatasetTask | 'likely'>('likely');
  const [similar, setSimilar] = useState(false);
  const validate = useCallback(
    (about: About) =>
      call('datasets.validate', { ...about, similar, ...(task === 'likely' ? {} : { task }) }),
    [task, similar],
  );
  const { answer: found, failed, again } = useLookedThrough(validate);
  return (
    <div className="findings">
      <div className="row wrap">
        <Select
          label="Looked at as a set for"
          value={task}
          options={[
            ['likely', 'For the likeliest task'] as const,
            ...datasetTasks.map((name) => [name, `For ${name}`] as const),
          ]}
          onChange={setTask}
        />
        <Check checked={similar} onChange={setSimilar}>
          Also pictures that look alike in several splits
        </Check>
        <Button onClick={() => void copyValidate(task === 'likely' ? null : task, similar)}>
          Copy the command
        </Button>
      </div>
      {found === null && (
        <UnderWay failed={failed} onAgain={again}>
          Looking through every picture and annotation
        </UnderWay>
      )}
      {found && <Found found={found} />}
    </div>
  );
}

type Answer = Awaited<ReturnType<typeof call<'datasets.validate'>>>;

function Found({ found }: { readonly found: Answer }) {
  const line = useRef<HTMLParagraphElement>(null);
  useEffect(() => focusIfLost(line.current), []);
  const said =
    found.findings.length === 0
      ? `Nothing is wrong with it as a set for ${found.task}.`
      : `Looked at as a set for ${found.task}, after your changes.`;
  return (
    <>
      <p ref={line} className="quiet" role="status" tabIndex={-1}>
        {said}
      </p>
      <ul className="plain candidates">
        {found.findings.map((finding) => (
          // The list is made anew: the keyboard goes on from its beginning.
          <Finding key={finding.check} finding={finding} onMend={() => line.current?.focus()} />
        ))}
      </ul>
    </>
  );
}

interface FindingProps {
  readonly finding: DatasetFinding;
  readonly onMend: () => void;
}

function Finding({ finding, onMend }: FindingProps) {
  const { steps } = useWizard();
  const { word, icon: Icon, className } = severities[finding.severity];
  const { mend } = finding;
  return (
    <li className="candidate">
      <div className="row spread">
        <h3 className="row">
          <span className={`row ${className}`}>
            <Icon size={14} aria-hidden /> {word}
          </span>
          {finding.title}
        </h3>
        <span className="numeric">{count(finding.count, 'time')}</span>
      </div>
      {finding.byLabel.length > 0 && (
        <p className="quiet">
          {finding.byLabel
            .slice(0, 8)
            .map(({ label, count: times }) => `${label} ${number(times)}`)
            .join(', ')}
          {finding.byLabel.length > 8 && ` and ${count(finding.byLabel.length - 8, 'class', 'classes')} more`}
        </p>
      )}
      {finding.examples.length > 0 && (
        <details>
          <summary>Where</summary>
          <ul className="plain mono quiet">
            {finding.examples.map((example) => (
              <li key={example}>{example}</li>
            ))}
          </ul>
        </details>
      )}
      {(mend !== null || finding.items > 0) && (
        <div className="row wrap">
          {finding.items > 0 && (
            <Button onClick={() => lookAtFinding(finding.check)}>
              Show {finding.items === 1 ? 'the picture' : `the ${number(finding.items)} pictures`}
            </Button>
          )}
          {mend && (
            <Button
              onClick={() => {
                onMend();
                changeSteps([...steps, mend], `${titleOf(mend.name)} was added to the changes`);
              }}
            >
              Mend it: {titleOf(mend.name).toLowerCase()}
            </Button>
          )}
        </div>
      )}
    </li>
  );
}
