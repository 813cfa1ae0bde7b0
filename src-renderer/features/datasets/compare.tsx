import { CircleCheck, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { DatasetDifference, DatasetDifferenceKind } from '../../../src-main/contract/index.ts';
import { count } from '../../ui/format.ts';
import { Button, Check, IconButton, Segmented } from '../../ui/parts.tsx';
import { AnotherSet } from './another-set.tsx';
import { copyDiff } from './command.ts';
import {
  cancelComparing,
  compare,
  compareAgain,
  comparePictures,
  compareWith,
  lookAtDifference,
} from './comparing.ts';
import { Failure } from './failure.tsx';
import type { Compared } from './others.ts';
import { lookAsItIs, useWizard } from './state.ts';
import { focusIfLost } from './step-title.tsx';
import { differenceWords, kindWords, madeLater, number } from './words.ts';

/** What is different in another set. */
export function Compare() {
  const { compared, summary, steps, asItIs, shaped } = useWizard();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is compared is another thing after these.
  useEffect(() => void compare(), [compared?.of, compared?.other, summary, steps, asItIs]);
  const content = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what had the focus goes with these.
  useEffect(() => focusIfLost(content.current), [compared?.other, compared?.failed]);
  const remade = shaped !== null && compared?.difference?.pictures === null && compared.pictures;
  return (
    <div ref={content} className="findings" tabIndex={-1}>
      {compared ? (
        <div className="row wrap">
          <span className="row">
            <span className="compared-with">
              Compared with <strong dir="auto">{compared.other.name}</strong>{' '}
              <span className="quiet">{compared.other.title}</span>
            </span>
            <IconButton label="Compare with another set" onClick={() => compareWith(null)}>
              <X size={16} />
            </IconButton>
          </span>
          {steps.length > 0 && (
            <Segmented
              label="Which of the two is compared"
              value={asItIs ? 'source' : 'changed'}
              options={[
                ['changed', 'Changed'],
                ['source', 'As it is'],
              ]}
              onChange={(which) => lookAsItIs(which === 'source')}
            />
          )}
          <Check checked={compared.pictures} onChange={comparePictures}>
            Also the pictures, byte by byte
          </Check>
          <Button onClick={() => void copyDiff(compared, asItIs ? [] : steps)}>Copy the command</Button>
        </div>
      ) : (
        <>
          <p className="quiet">
            What is different in another set: classes, pictures, annotations, and what is said of them.
          </p>
          <AnotherSet purpose="comparing" onTake={compareWith}>
            Choose a set to compare with
          </AnotherSet>
        </>
      )}
      {compared && <Outcome compared={compared} />}
      {remade && !asItIs && <p className="quiet">{madeLater} They are not compared.</p>}
    </div>
  );
}

/** What came of it; the state of the work until then. */
function Outcome({ compared: { other, difference, failed, done } }: { readonly compared: Compared }) {
  if (failed) {
    return (
      <>
        <Failure error={failed} title="The sets were not compared." />
        <div>
          <Button onClick={compareAgain}>Compare again</Button>
        </div>
      </>
    );
  }
  if (difference) return <Difference of={difference} name={other.name} />;
  return (
    <div className="row" role="status">
      <span className="quiet">
        {done === null ? 'Reading both sets' : `Comparing, ${count(done, 'picture')} read`}
      </span>
      <Button onClick={cancelComparing}>Cancel</Button>
    </div>
  );
}

function Difference({ of, name }: { readonly of: DatasetDifference; readonly name: string }) {
  const { equal, same, items, annotations } = of;
  const differing = items.filter((kind) => kind.count > 0);
  return (
    <>
      <div role="status">
        <h2 className="row">
          {equal && <CircleCheck size={16} className="state-good" aria-hidden />}
          {equal ? 'The sets are the same' : 'The sets differ'}
        </h2>
      </div>
      <table className="table differences shown">
        <caption className="hidden-visually">Pictures</caption>
        <thead>
          <tr>
            <th>Pictures</th>
            <th className="numeric">Number</th>
            <th>
              <span className="hidden-visually">Which</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <td>With the same annotations</td>
            <td className="numeric">{number(same)}</td>
            <td />
          </tr>
          {differing.map(({ kind, count: times, examples }) => (
            <tr key={kind}>
              <td>
                {differenceWords(kind, name)}
                <details className="quiet">
                  <summary>Which</summary>
                  <ul className="plain mono">
                    {examples.map((example) => (
                      <li key={example}>{example}</li>
                    ))}
                    {times > examples.length && <li>and {number(times - examples.length)} more</li>}
                  </ul>
                </details>
              </td>
              <td className="numeric">{number(times)}</td>
              <td>{kind !== 'added' && <Show kind={kind} name={differenceWords(kind, name)} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {annotations.length > 0 && (
        <table className="table differences">
          <caption className="hidden-visually">Annotations</caption>
          <thead>
            <tr>
              <th>Annotations</th>
              <th className="numeric">Same</th>
              <th className="numeric">Changed</th>
              <th className="numeric">Only here</th>
              <th className="numeric">Only there</th>
            </tr>
          </thead>
          <tbody>
            {annotations.map(({ type, same: alike, changed, gone, added }) => (
              <tr key={type}>
                <td>{kindWords[type]}</td>
                <td className="numeric">{number(alike)}</td>
                <td className="numeric">{number(changed)}</td>
                <td className="numeric">{number(gone)}</td>
                <td className="numeric">{number(added)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Besides of={of} name={name} />
    </>
  );
}

function Show({ kind, name }: { readonly kind: DatasetDifferenceKind; readonly name: string }) {
  return (
    <Button aria-label={`Show: ${name}`} onClick={() => lookAtDifference(kind)}>
      Show
    </Button>
  );
}

/** What is different besides pictures and annotations. */
function Besides({ of, name }: { readonly of: DatasetDifference; readonly name: string }) {
  const { labels, attributes, infos, pictures } = of;
  const lines: ReadonlyArray<readonly [what: string, names: readonly string[]]> = [
    [`Classes only in ${name}`, labels.added],
    [`Classes that are not in ${name}`, labels.gone],
    [`Other attributes of ${count(attributes.items.count, 'picture')}`, attributes.items.names],
    [
      `Other attributes of ${count(attributes.annotations.count, 'annotation')}`,
      attributes.annotations.names,
    ],
    ['What the sets say of themselves', infos],
  ];
  const told = lines.filter(([, names]) => names.length > 0);
  const missing = pictures?.missing ?? 0;
  if (told.length + missing === 0 && !labels.reordered) return null;
  return (
    <section className="section besides" aria-label="Besides">
      <h2>Besides</h2>
      <dl className="values">
        {told.map(([what, names]) => (
          <div key={what}>
            <dt className="quiet">{what}</dt>
            <dd>{names.join(', ')}</dd>
          </div>
        ))}
      </dl>
      {labels.reordered && <p>The classes are in another order.</p>}
      {missing > 0 && (
        <p>{count(missing, 'picture’s file is', 'pictures’ files are')} there in one of the sets only.</p>
      )}
    </section>
  );
}
