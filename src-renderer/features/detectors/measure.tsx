import type { DetectorFigures } from '../../../src-main/contract/index.ts';
import { chooseFolder } from '../../app/choose-folder.ts';
import { Problem } from '../../app/problem.tsx';
import { act } from '../../state/session.ts';
import { count } from '../../ui/format.ts';
import { Button, Field, Progress } from '../../ui/parts.tsx';
import { evaluate, useDetectors } from './state.ts';

/** How good the detector is on a dataset that the person names. */
export function Measure() {
  const { detector, dataset, subset, evaluation } = useDetectors();
  const what = detector?.task === 'classify' ? 'Accuracy' : 'mAP';
  const running = evaluation?.running ?? false;
  const choose = (): void =>
    void chooseFolder('datasetFolder', ({ handles: [folder] }) => {
      if (folder) useDetectors.setState({ dataset: folder, evaluation: null });
    });
  return (
    <section className="detect-measure" aria-label="Measure it">
      <h2>Measure it</h2>
      <p className="quiet">
        {dataset ? `On ${dataset.name}` : `${what} on a dataset of any format that Refinery reads.`}
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

/** What the tables say, for boxes and for classes of whole pictures. */
function tablesOf(figures: DetectorFigures) {
  if (figures.kind === 'labels') {
    return {
      title: 'Accuracy',
      how: '',
      counted: 'Pictures',
      figure: 'Accuracy',
      rows: [
        ['The likeliest class is right', figures.top1],
        ['The class is among five', figures.top5],
      ] as const,
      classes: figures.classes.map(({ name, pictures, top1 }) => ({ name, counted: pictures, value: top1 })),
    };
  }
  return {
    title: 'COCO’s figures',
    how: ', as COCO counts',
    counted: 'Objects',
    figure: 'mAP 50-95',
    rows: [
      ['mAP 50-95', figures.map],
      ['mAP 50', figures.map50],
      ['mAP 75', figures.map75],
      ['mAP of small objects', figures.mapSmall],
      ['mAP of medium objects', figures.mapMedium],
      ['mAP of large objects', figures.mapLarge],
      ['Recall, 100 boxes', figures.recall100],
    ] as const,
    classes: figures.classes.map(({ name, objects, map }) => ({ name, counted: objects, value: map })),
  };
}

function Figures({ figures }: { readonly figures: DetectorFigures }) {
  const { notes, leftOut, pictures, subset } = figures;
  const { title, how, counted, figure, rows, classes } = tablesOf(figures);
  return (
    <div className="stack" role="status">
      <p className="quiet numeric">{`${count(pictures, 'picture')} of ${subset}${how}`}</p>
      <table className="table">
        <caption className="hidden-visually">{title}</caption>
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
            <th className="numeric">{counted}</th>
            <th className="numeric">{figure}</th>
          </tr>
        </thead>
        <tbody>
          {classes.map(({ name, counted: own, value }) => (
            <tr key={name}>
              <td>{name}</td>
              <td className="numeric">{own}</td>
              <td className="numeric">{part(value)}</td>
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
