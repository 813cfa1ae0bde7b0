import { X } from 'lucide-react';
import { useRef } from 'react';
import type { DatasetMergeMode } from '../../../src-main/contract/index.ts';
import { count } from '../../ui/format.ts';
import { Button, Field, IconButton, NumberInput, Segmented } from '../../ui/parts.tsx';
import { AnotherSet } from './another-set.tsx';
import { Failure } from './failure.tsx';
import { addToMerged, mergeWith } from './merging.ts';
import { innerOf, type Merged, type Other } from './others.ts';
import { useWizard } from './state.ts';
import { number } from './words.ts';

const modes: ReadonlyArray<readonly [DatasetMergeMode, string]> = [
  ['union', 'Everything'],
  ['exact', 'Pieces of one set'],
  ['intersect', 'What they agree on'],
];

const hints: Readonly<Record<DatasetMergeMode, string>> = {
  union:
    'All pictures and all annotations. Classes of one name become one; annotations that are the same are there once. Different pictures of one name both stay.',
  exact: 'The sets must have the same classes in the same order, and no different pictures of one name.',
  intersect:
    'For sets of the same pictures by several people. What enough of them agree on stays; what is left out is listed.',
};

/** Other sets that this one is one with from here on. */
export function Merge() {
  const { view, beside, merged, isMerging, unmerged, opening, busy } = useWizard();
  const title = useRef<HTMLHeadingElement>(null);
  const disabled = isMerging || opening || busy === 'reading';
  const isThere = ({ handle, within }: Pick<Other, 'handle' | 'within'>): boolean =>
    merged?.others.some((other) => other.handle === handle && other.within === within) ?? false;
  const near = beside.filter((set) => set.path !== view?.path && !isThere(set));
  if (!view) return null;
  return (
    <section className="section" aria-label="Merge">
      <h2 ref={title} tabIndex={-1}>
        {merged ? `${count(merged.others.length + 1, 'set')} are merged` : 'Merge with another set'}
      </h2>
      {merged ? (
        <Sets
          merged={merged}
          disabled={disabled}
          onRemove={(other) => {
            title.current?.focus();
            void mergeWith(
              merged.others.filter((one) => one !== other),
              merged.asked,
            );
          }}
        />
      ) : (
        <p className="quiet">
          The sets become one, which is looked at, changed and written as any other. They stay as they are
          themselves.
        </p>
      )}
      {merged && <How merged={merged} disabled={disabled} />}
      {unmerged && <Failure key={unmerged.message} error={unmerged} title="They were not merged." />}
      <AnotherSet
        purpose="merging"
        disabled={disabled}
        atHand={near.map((set) => (
          <Button
            key={set.folder}
            aria-disabled={disabled}
            onClick={() => {
              if (disabled) return;
              title.current?.focus();
              void addToMerged(innerOf(set));
            }}
          >
            Add {set.folder}
          </Button>
        ))}
        onTake={(other) => void addToMerged(other)}
      >
        {isMerging ? 'Merging' : merged || near.length > 0 ? 'Add another set' : 'Choose a set'}
      </AnotherSet>
    </section>
  );
}

interface SetsProps {
  readonly merged: Merged;
  readonly disabled: boolean;
  readonly onRemove: (other: Other) => void;
}

function Sets({ merged: { others, sizes }, disabled, onRemove }: SetsProps) {
  const { view, summary } = useWizard();
  return (
    <table className="table merged-sets">
      <caption className="hidden-visually">Sets that are merged</caption>
      <thead>
        <tr>
          <th className="numeric">Set</th>
          <th>Name</th>
          <th>Format</th>
          <th className="numeric">Pictures</th>
          <th>
            <span className="hidden-visually">Remove</span>
          </th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <td className="numeric quiet">1</td>
          <td dir="auto">{view?.name}</td>
          <td className="quiet">{summary?.title}</td>
          <td className="numeric">{number(sizes[0] ?? 0)}</td>
          <td />
        </tr>
        {others.map((other, index) => (
          <tr key={`${other.handle} ${other.within} ${other.format}`}>
            <td className="numeric quiet">{index + 2}</td>
            <td dir="auto" title={other.path}>
              {other.name}
            </td>
            <td className="quiet">{other.title}</td>
            <td className="numeric">{number(sizes[index + 1] ?? 0)}</td>
            <td className="numeric">
              <IconButton label={`Remove ${other.name}`} disabled={disabled} onClick={() => onRemove(other)}>
                <X size={16} />
              </IconButton>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What is kept of the sets. */
function How({ merged, disabled }: { readonly merged: Merged; readonly disabled: boolean }) {
  const { others, asked, inForce } = merged;
  const again = (changes: Partial<Merged['asked']>): void => {
    if (!disabled) void mergeWith(others, { ...asked, ...changes });
  };
  return (
    <>
      <div className="field merge-how">
        <span className="label">What is kept</span>
        <Segmented
          label="What is kept"
          value={inForce.mode}
          options={modes}
          onChange={(mode) => again({ mode })}
        />
        <div className="hint">{hints[inForce.mode]}</div>
      </div>
      {inForce.mode === 'intersect' && (
        <div className="option-fields">
          <Field
            label="Least overlap, in percent"
            hint="From it on, shapes of two sets are one: the area that both cover, by the area that either does."
          >
            {(id) => (
              <NumberInput
                id={id}
                value={Math.round(1000 * (inForce.overlap ?? 0)) / 10}
                least={0.1}
                most={100}
                onChange={(percent) => percent / 100 !== inForce.overlap && again({ overlap: percent / 100 })}
              />
            )}
          </Field>
          <Field
            label="In how many sets a thing must be"
            hint={`Of ${others.length + 1}; more than half unless you say otherwise.`}
          >
            {(id) => (
              <NumberInput
                id={id}
                value={inForce.quorum ?? 1}
                most={others.length + 1}
                onChange={(quorum) => quorum !== inForce.quorum && again({ quorum: Math.round(quorum) })}
              />
            )}
          </Field>
        </div>
      )}
    </>
  );
}
