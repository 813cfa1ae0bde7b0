import type { DatasetSummary } from '../../../src-main/contract/index.ts';
import { number, titleOf } from './words.ts';

/** What a change tells has its name before it: `remove_labels: …`. */
const titled = (reason: string): string => reason.replace(/^[a-z]+(_[a-z]+)+(?=: )/, titleOf);

/** What is told of a set, each kind of thing once, with the place of the first. */
export function ProblemTable({ of: { reasons, first } }: { readonly of: DatasetSummary['problems'] }) {
  return (
    <table className="table">
      <thead>
        <tr>
          <th>What</th>
          <th className="numeric">Times</th>
          <th>First seen</th>
        </tr>
      </thead>
      <tbody>
        {reasons.map(({ reason, count }) => {
          const place = first.find((problem) => problem.reason === reason);
          return (
            <tr key={reason}>
              <td>{titled(reason)}</td>
              <td className="numeric">{number(count)}</td>
              <td className="mono quiet">{place && `${place.file} ${place.place}`.trim()}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
