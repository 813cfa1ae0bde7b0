import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import { useRef } from 'react';
import type { DatasetFinding } from '../../../src-main/contract/index.ts';
import { call } from '../../state/session.ts';
import { count } from '../../ui/format.ts';
import { Button } from '../../ui/parts.tsx';
import { type About, useAsked } from './asked.ts';
import { changeSteps, useWizard } from './state.ts';
import { number, titleOf } from './words.ts';

const severities = {
  error: { word: 'Error', icon: CircleAlert, className: 'state-failed' },
  warning: { word: 'Warning', icon: TriangleAlert, className: 'state-warning' },
  info: { word: 'Note', icon: Info, className: 'quiet' },
} as const;

const validate = (about: About) => call('datasets.validate', about);

/** What is wrong with the set after its changes, and what mends it. */
export function Findings() {
  const { answer: found, failed } = useAsked(validate);
  const line = useRef<HTMLParagraphElement>(null);
  if (failed !== null) return <p className="findings state-failed">{failed}</p>;
  const said =
    found === null
      ? 'Looking through every picture and annotation'
      : found.findings.length === 0
        ? `Nothing is wrong with it as a set for ${found.task}.`
        : `Looked at as a set for ${found.task}, after your changes.`;
  return (
    <div className="findings">
      <p ref={line} className="quiet" role="status" tabIndex={-1}>
        {said}
      </p>
      {found && (
        <ul className="plain candidates">
          {found.findings.map((finding) => (
            // The list is made anew: the keyboard goes on from its beginning.
            <Finding key={finding.check} finding={finding} onMend={() => line.current?.focus()} />
          ))}
        </ul>
      )}
    </div>
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
      {mend && (
        <div>
          <Button
            onClick={() => {
              onMend();
              changeSteps([...steps, mend], `${titleOf(mend.name)} was added to the changes`);
            }}
          >
            Mend it: {titleOf(mend.name).toLowerCase()}
          </Button>
        </div>
      )}
    </li>
  );
}
