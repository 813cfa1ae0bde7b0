import { useState } from 'react';
import type { DatasetLoss } from '../../../src-main/contract/index.ts';
import { Button } from '../../ui/parts.tsx';
import { FateMenu } from './fate-menu.tsx';
import { kindWords, number } from './words.ts';

/** Classes that are listed before one asks for all. */
const fewClasses = 10;

/** What becomes of every kind of annotation, and of every class that loses something. */
export function LossTable({ loss }: { readonly loss: DatasetLoss }) {
  const [all, setAll] = useState(false);
  const touched = loss.classes.filter(({ approximated, dropped }) => approximated + dropped > 0);
  const classes = all ? touched : touched.slice(0, fewClasses);
  const has = (fate: 'merged' | 'approximated' | 'dropped'): boolean =>
    loss.types.some((type) => type[fate] > 0);
  const nothing = loss.types.every(
    ({ merged, approximated, dropped }) => merged + approximated + dropped === 0,
  );
  return (
    <>
      <div className="loss-table">
        <table className="table">
          <caption className="hidden-visually">What becomes of the annotations</caption>
          <thead>
            <tr>
              <th>Annotations</th>
              <th className="numeric">Kept</th>
              {has('merged') && <th className="numeric">By another part</th>}
              {has('approximated') && <th className="numeric">Approximated</th>}
              {has('dropped') && <th className="numeric">Dropped</th>}
              <th className="loss-how">How</th>
              <th>
                <span className="hidden-visually">Choice</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {loss.types.map(({ type, kept, merged, approximated, dropped, becomes, overlap }) => (
              <tr key={type}>
                <td>{kindWords[type]}</td>
                <td className="numeric">{number(kept)}</td>
                {has('merged') && (
                  <td className={merged > 0 ? 'numeric state-warning' : 'numeric quiet'}>{number(merged)}</td>
                )}
                {has('approximated') && (
                  <td className={approximated > 0 ? 'numeric state-warning' : 'numeric quiet'}>
                    {number(approximated)}
                  </td>
                )}
                {has('dropped') && (
                  <td className={dropped > 0 ? 'numeric state-failed' : 'numeric quiet'}>
                    {number(dropped)}
                  </td>
                )}
                <td className="quiet loss-how">
                  {approximated > 0 && becomes && `Become ${kindWords[becomes].toLowerCase()}`}
                  {approximated > 0 && overlap && (
                    <span
                      className="numeric"
                      title={`Measured on ${number(overlap.measured)}; the worst overlaps by ${Math.round(overlap.least * 100)} %`}
                    >{`, ${Math.round(overlap.mean * 100)} % overlap`}</span>
                  )}
                  {merged > 0 &&
                    becomes &&
                    `${approximated > 0 ? '. ' : ''}Their objects keep their ${kindWords[becomes].toLowerCase()}`}
                </td>
                <td className="figure">
                  <FateMenu kind={type} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {loss.attributes.length > 0 && (
        <p className="state-warning">
          Attributes that are dropped:{' '}
          {loss.attributes.map(({ name, annotations }) => `${name} (${number(annotations)})`).join(', ')}.
        </p>
      )}
      {loss.notes.map((note) => (
        <p key={note} className="state-warning">
          {note}
        </p>
      ))}
      {nothing && loss.attributes.length === 0 && loss.notes.length === 0 && (
        <p className="state-good">Nothing is lost.</p>
      )}
      {touched.length > 0 && (
        <details>
          <summary>{touched.length} classes are touched</summary>
          <table className="table">
            <thead>
              <tr>
                <th>Class</th>
                <th className="numeric">Kept</th>
                <th className="numeric">Approximated</th>
                <th className="numeric">Dropped</th>
              </tr>
            </thead>
            <tbody>
              {classes.map(({ label, kept, merged, approximated, dropped }) => (
                <tr key={label ?? ''}>
                  <td dir="auto">{label ?? 'Without a class'}</td>
                  <td className="numeric">{number(kept + merged)}</td>
                  <td className="numeric">{number(approximated)}</td>
                  <td className="numeric">{number(dropped)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {touched.length > fewClasses && (
            <Button kind="bare" onClick={() => setAll(!all)}>
              {all ? 'Fewer' : `All ${touched.length}`}
            </Button>
          )}
        </details>
      )}
    </>
  );
}
