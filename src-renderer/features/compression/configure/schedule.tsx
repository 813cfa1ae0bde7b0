import { useMemo } from 'react';
import { Chart } from '../../../ui/chart.tsx';
import { Field, NumberInput } from '../../../ui/parts.tsx';
import { drawSvg } from '../draw.ts';
import { plan, useEditing } from './state.ts';

const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const format = (value: number): string => number.format(value);

/** Threshold and factor over the planned epochs, with the stages behind. */
export function Schedule() {
  const schedule = useEditing((state) => state.view?.schedule ?? null);
  const { epochs, stepsPerEpoch } = useEditing((state) => state.planning);
  const shown = useMemo(() => {
    if (!schedule) return null;
    const { points, warmupStart, warmupEnd } = schedule;
    const known = points.some(({ level, threshold }) => level < 1 && threshold !== null);
    const bands = [
      { name: 'dense', from: 0, to: warmupStart },
      { name: 'warm-up', from: warmupStart, to: warmupEnd },
      { name: 'fine-tune', from: warmupEnd, to: null },
    ];
    const factor = points.map(({ epoch, factor: value }): [number, number] => [epoch, value]);
    const threshold = points.flatMap(
      ({ epoch, threshold: value }): Array<[number, number]> => (value === null ? [] : [[epoch, value]]),
    );
    return {
      bands,
      span: [0, schedule.epochs],
      factor: [{ name: 'regularisation factor', points: factor }],
      threshold: known
        ? [{ name: 'importance threshold', points: threshold, colour: 1 }]
        : [
            {
              name: 'importance threshold, part of its rise',
              points: points.map(({ epoch, level }): [number, number] => [epoch, level]),
              colour: 1,
            },
          ],
    };
  }, [schedule]);
  return (
    <div className="schedule">
      <div className="fields">
        <Field label="Planned epochs" hint="Not part of the configuration.">
          {(id) => (
            <NumberInput id={id} value={epochs} most={100_000} onChange={(next) => plan({ epochs: next })} />
          )}
        </Field>
        {stepsPerEpoch !== null && (
          <p className="quiet">
            {number.format(stepsPerEpoch)} steps per epoch, as in the training that was read.
          </p>
        )}
      </div>
      {shown ? (
        <div className="schedule-charts">
          <Chart
            title="Regularisation factor as planned"
            xLabel="epoch"
            series={shown.factor}
            bands={shown.bands}
            span={shown.span}
            height={150}
            format={format}
            group="schedule"
            svg={drawSvg}
          />
          <Chart
            title="Importance threshold as planned"
            xLabel="epoch"
            series={shown.threshold}
            bands={shown.bands}
            span={shown.span}
            height={150}
            format={format}
            group="schedule"
            svg={drawSvg}
          />
        </div>
      ) : (
        <p className="quiet">The schedule is drawn when warm-up has its beginning and its end.</p>
      )}
    </div>
  );
}
