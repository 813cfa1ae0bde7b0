import type { DetectorFigures } from '../../../src-main/contract/index.ts';
import { Problem } from '../../app/problem.tsx';
import { act } from '../../state/session.ts';
import { count } from '../../ui/format.ts';
import { Button, Field, Progress } from '../../ui/parts.tsx';
import { chooseMeasuredSet, copyEvaluate, evaluate, useDetectors } from './state.ts';

/** How good the detector is on a dataset that the person names. */
export function Measure() {
  const { detector, dataset, subset, evaluation } = useDetectors();
  const what = detector?.task === 'classify' ? 'Accuracy' : 'mAP';
  const running = evaluation?.running ?? false;
  return (
    <section className="detect-measure" aria-label="Measure it">
      <h2>Measure it</h2>
      <p className="quiet">
        {dataset ? `On ${dataset.name}` : `${what} on a dataset of any format that Refinery reads.`}
      </p>
      <div className="row wrap">
        <Button disabled={running} onClick={chooseMeasuredSet}>
          {dataset ? 'Another dataset' : 'Choose a dataset'}
        </Button>
        {running ? (
          <Button onClick={() => void act('detectors.cancelEvaluation', {})}>Cancel</Button>
        ) : (
          dataset && (
            <>
              <Button kind="primary" onClick={() => void evaluate()}>
                Measure
              </Button>
              <Button onClick={() => void copyEvaluate()}>Copy the command</Button>
            </>
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

const partWords = { outlines: 'Outlines', points: 'Points' } as const;

const part = (value: number | null): string => (value === null ? '–' : value.toFixed(3));

/** What the tables say, for boxes with outlines or points, and for classes of whole pictures; a column for each kind of figure. */
function tablesOf(figures: DetectorFigures) {
  if (figures.kind === 'labels') {
    return {
      title: 'Accuracy',
      how: '',
      counted: 'Pictures',
      kinds: [],
      figures: ['Accuracy'],
      rows: [
        ['The likeliest class is right', [figures.top1]],
        ['The class is among five', [figures.top5]],
      ] as const,
      classes: figures.classes.map(({ name, pictures, top1 }) => ({
        name,
        counted: pictures,
        values: [top1],
      })),
    };
  }
  const { boxes, parts } = figures;
  const each = (key: keyof typeof boxes) => (parts ? [boxes[key], parts[key]] : [boxes[key]]);
  const kinds = parts ? ['Boxes', partWords[parts.of]] : [];
  return {
    title: 'COCO’s figures',
    how: ', as COCO counts',
    counted: 'Objects',
    kinds,
    figures: parts ? kinds : ['mAP 50-95'],
    rows: [
      ['mAP 50-95', each('map')],
      ['mAP 50', each('map50')],
      ['mAP 75', each('map75')],
      ['mAP, small', each('mapSmall')],
      ['mAP, medium', each('mapMedium')],
      ['mAP, large', each('mapLarge')],
      ['Recall', each('recall100')],
    ] as const,
    classes: figures.classes.map(({ name, objects, map, partMap }) => ({
      name,
      counted: objects,
      values: parts ? [map, partMap] : [map],
    })),
  };
}

function Figures({ figures: measured }: { readonly figures: DetectorFigures }) {
  const { notes, leftOut, pictures, subset } = measured;
  const { title, how, counted, kinds, figures, rows, classes } = tablesOf(measured);
  return (
    <div className="stack" role="status">
      <p className="quiet numeric">{`${count(pictures, 'picture')} of ${subset}${how}`}</p>
      <table className="table">
        <caption className="hidden-visually">{title}</caption>
        {kinds.length > 0 && (
          <thead>
            <tr>
              <th scope="col">
                <span className="hidden-visually">Figure</span>
              </th>
              {kinds.map((kind) => (
                <th key={kind} scope="col" className="numeric">
                  {kind}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {rows.map(([name, values]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <Values values={values} />
            </tr>
          ))}
        </tbody>
      </table>
      <table className="table">
        {kinds.length > 0 && <caption>mAP 50-95 by class</caption>}
        <thead>
          <tr>
            <th scope="col">Class</th>
            <th scope="col" className="numeric">
              {counted}
            </th>
            {figures.map((figure) => (
              <th key={figure} scope="col" className="numeric">
                {figure}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {classes.map(({ name, counted: own, values }) => (
            <tr key={name}>
              <td>{name}</td>
              <td className="numeric">{own}</td>
              <Values values={values} />
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

function Values({ values }: { readonly values: readonly (number | null)[] }) {
  return values.map((value, column) => (
    // A value is its column.
    // biome-ignore lint/suspicious/noArrayIndexKey: see above.
    <td key={column} className="numeric">
      {part(value)}
    </td>
  ));
}
