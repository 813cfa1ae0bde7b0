import type { DetectorFigures } from '../../../src-main/contract/index.ts';
import { chooseFolder } from '../../app/choose-folder.ts';
import { Problem } from '../../app/problem.tsx';
import { act } from '../../state/session.ts';
import { count } from '../../ui/format.ts';
import { Button, Field, Progress } from '../../ui/parts.tsx';
import { evaluate, useDetectors } from './state.ts';

/** COCO's figures of the detector on a dataset that the person names. */
export function Measure() {
  const { dataset, subset, evaluation } = useDetectors();
  const running = evaluation?.running ?? false;
  const choose = (): void =>
    void chooseFolder('datasetFolder', ({ handles: [folder] }) => {
      if (folder) useDetectors.setState({ dataset: folder, evaluation: null });
    });
  return (
    <section className="detect-measure" aria-label="Measure it">
      <h2>Measure it</h2>
      <p className="quiet">
        {dataset ? `On ${dataset.name}` : 'mAP on a dataset of any format that Refinery reads.'}
      </p>
      <div className="row wrap">
        <Button disabled={running} onClick={choose}>
          {dataset ? 'Another dataset' : 'Choose a dataset'}
        </Button>
        {running ? (
          <Button onClick={() => void act('detectors.cancelEvaluation', {})}>Cancel</Button>
        ) : (
          dataset && (
            <Button kind="primary" onClick={() => void evaluate()}>
              Measure
            </Button>
          )
        )}
      </div>
      {dataset && !running && (
        <Field label="Subset">
          {(id) => (
            <input
              id={id}
              className="input"
              value={subset}
              maxLength={80}
              onChange={(event) => useDetectors.setState({ subset: event.target.value })}
            />
          )}
        </Field>
      )}
      {evaluation?.running && (
        <div className="stack" role="status">
          <Progress
            value={evaluation.total ? evaluation.done / evaluation.total : 0}
            label="Progress of measuring"
          />
          <span className="quiet numeric">
            {evaluation.total
              ? `${evaluation.done} of ${count(evaluation.total, 'picture')}`
              : 'Reading the set'}
          </span>
        </div>
      )}
      {evaluation?.error && evaluation.error.code !== 'CANCELLED' && <Problem error={evaluation.error} />}
      {evaluation?.figures && <Figures figures={evaluation.figures} />}
    </section>
  );
}

const part = (value: number | null): string => (value === null ? '–' : value.toFixed(3));

function Figures({ figures }: { readonly figures: DetectorFigures }) {
  const { classes, notes, leftOut, pictures, subset } = figures;
  const rows = [
    ['mAP 50-95', figures.map],
    ['mAP 50', figures.map50],
    ['mAP 75', figures.map75],
    ['mAP of small objects', figures.mapSmall],
    ['mAP of medium objects', figures.mapMedium],
    ['mAP of large objects', figures.mapLarge],
    ['Recall, 100 boxes', figures.recall100],
  ] as const;
  return (
    <div className="stack" role="status">
      <p className="quiet numeric">{`${count(pictures, 'picture')} of ${subset}, as COCO counts`}</p>
      <table className="table">
        <caption className="hidden-visually">COCO’s figures</caption>
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="numeric">{part(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <table className="table">
        <thead>
          <tr>
            <th>Class</th>
            <th className="numeric">Objects</th>
            <th className="numeric">mAP 50-95</th>
          </tr>
        </thead>
        <tbody>
          {classes.map(({ name, objects, map }) => (
            <tr key={name}>
              <td>{name}</td>
              <td className="numeric">{objects}</td>
              <td className="numeric">{part(map)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {notes.map((note) => (
        <p key={note} className="state-warning">
          {note}
        </p>
      ))}
      {leftOut > 0 && <p className="state-warning">{count(leftOut, 'picture')} could not be read.</p>}
    </div>
  );
}
