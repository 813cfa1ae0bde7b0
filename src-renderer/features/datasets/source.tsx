import { Button } from '../../ui/parts.tsx';
import { readDataset, showStep, useWizard } from './state.ts';
import { number } from './words.ts';

/** What the folder is, why, and what of it can't be read. */
export function Source() {
  const { view, summary, busy } = useWizard();
  if (!view) return null;
  const { candidates } = view;
  const ambiguous = candidates.length > 1 && candidates[0]?.confidence === candidates[1]?.confidence;
  return (
    <div className="column">
      <header className="page-head">
        <div>
          <h2 className="wizard-title">
            {candidates.length === 0
              ? 'This is no dataset that is known here'
              : ambiguous
                ? 'This could be of several formats'
                : `This is ${candidates[0]?.title}`}
          </h2>
          <p className="quiet">{view.location}</p>
        </div>
        {summary && (
          <Button kind="primary" className="tall" onClick={() => showStep('look')}>
            Look at it
          </Button>
        )}
      </header>
      {candidates.length === 0 && (
        <p>
          Choose the folder that holds both the pictures and the annotations. Folders above or below it often
          look like nothing at all.
        </p>
      )}
      <ul className="plain candidates">
        {candidates.map(({ format, title, confidence, reasons, against }) => (
          <li key={format} className="candidate">
            <div className="row spread">
              <h3>
                {title} <span className="mono quiet">{format}</span>
              </h3>
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
            {summary?.format === format ? (
              <p className="state-good">Read as this</p>
            ) : (
              <div>
                <Button disabled={busy !== null} onClick={() => void readDataset(format)}>
                  Read as {title}
                </Button>
              </div>
            )}
          </li>
        ))}
      </ul>
      {summary && summary.problems.total > 0 && (
        <section className="section" aria-label="Problems">
          <h2>{number(summary.problems.total)} things can’t be read</h2>
          <p className="quiet">Everything else is carried over. Nothing of these is guessed.</p>
          <table className="table">
            <thead>
              <tr>
                <th>What</th>
                <th className="numeric">Times</th>
                <th>First seen</th>
              </tr>
            </thead>
            <tbody>
              {summary.problems.reasons.map(({ reason, count }) => {
                const first = summary.problems.first.find((problem) => problem.reason === reason);
                return (
                  <tr key={reason}>
                    <td>{reason}</td>
                    <td className="numeric">{number(count)}</td>
                    <td className="mono quiet">{first && `${first.file} ${first.place}`}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </section>
      )}
    </div>
  );
}
