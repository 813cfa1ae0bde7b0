import { X } from 'lucide-react';
import { copyText } from '../../state/clipboard.ts';
import { act } from '../../state/session.ts';
import { Empty } from '../../ui/empty.tsx';
import { saveFile } from '../../ui/files.ts';
import { Button, Field, IconButton, NumberInput, Progress, Segmented } from '../../ui/parts.tsx';
import { chooseMeasured, measure, useCompression } from './state.ts';

/** Models measured against a dense one, as the article about JPQD has it: size, speed, accuracy. */
export function Measure() {
  const { models, examples, seconds, hint, measured } = useCompression();
  const running = measured !== null && measured.now !== null;
  if (models.length === 0) {
    return (
      <Empty title="Measure models" action="Choose models" onAction={() => void chooseMeasured()}>
        Choose the dense model first, then the ones that were made of it: .xml files of OpenVINO or .onnx. Add
        a file of labelled examples (.tsv, .csv or .jsonl) for their accuracy.
      </Empty>
    );
  }
  return (
    <div className="page run">
      <header className="page-head">
        <div>
          <h1>Measure models</h1>
          <p className="quiet">Everything is told against the first one.</p>
        </div>
        <Button onClick={() => void chooseMeasured()}>Add models or examples</Button>
      </header>
      <ol className="plain run-list" aria-label="Models">
        {models.map(({ id, name, location }, index) => (
          <li key={id} className="row">
            <span className="quiet numeric">{index + 1}</span>
            <span className="clip" title={location}>
              {name} <span className="quiet">{location}</span>
            </span>
            <IconButton
              label={`Take out ${name}`}
              disabled={running}
              onClick={() =>
                useCompression.setState({ models: models.filter((other) => other.id !== id), measured: null })
              }
            >
              <X size={14} />
            </IconButton>
          </li>
        ))}
      </ol>
      {examples && (
        <p className="row">
          Accuracy on {examples.name}
          <IconButton label="Without accuracy" onClick={() => useCompression.setState({ examples: null })}>
            <X size={14} />
          </IconButton>
        </p>
      )}
      <div className="compare-bar">
        <Segmented
          label="Aim"
          value={hint}
          options={[
            ['throughput', 'Throughput'],
            ['latency', 'Latency'],
          ]}
          onChange={(next) => useCompression.setState({ hint: next })}
        />
        <Field label="Seconds for each">
          {(id) => (
            <NumberInput
              id={id}
              value={seconds}
              least={1}
              most={600}
              onChange={(next) => useCompression.setState({ seconds: next })}
            />
          )}
        </Field>
        {running ? (
          <Button onClick={() => void act('compression.cancelMeasuring', {})}>Cancel</Button>
        ) : (
          <Button kind="primary" onClick={() => void measure()}>
            {measured ? 'Measure again' : 'Measure'}
          </Button>
        )}
      </div>
      {running && (
        <div className="stack" role="status">
          <Progress value={measured.fraction} label="Progress of measuring" />
          <span className="quiet">{measured.now}</span>
        </div>
      )}
      {measured?.error && (
        <p className="state-failed" role="alert">
          {measured.error.message} {measured.error.hint}
        </p>
      )}
      {measured && measured.cells.length > 0 && <Table cells={measured.cells} />}
      {measured?.conditions.map((condition) => (
        <p key={condition} className="quiet">
          {condition}
        </p>
      ))}
      {measured && !running && measured.cells.length > 0 && (
        <div className="row">
          <Button onClick={() => void copyText(measured.markdown, 'Table copied as Markdown')}>
            Copy as Markdown
          </Button>
          <Button onClick={() => saveFile('measured.csv', new Blob([measured.csv], { type: 'text/csv' }))}>
            Save as CSV
          </Button>
        </div>
      )}
    </div>
  );
}

function Table({ cells: [heads = [], ...rows] }: { readonly cells: readonly (readonly string[])[] }) {
  return (
    <div className="wide-table">
      <table className="table">
        <thead>
          <tr>
            {heads.map((head, index) => (
              <th key={head} className={index > 0 ? 'numeric' : undefined}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row[0]}>
              {row.map((cell, index) => (
                <td key={heads[index]} className={index > 0 ? 'numeric' : undefined}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
