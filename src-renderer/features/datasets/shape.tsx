import { ArrowDown, ArrowUp, Redo2, Undo2, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type {
  DatasetStep,
  DatasetSummary,
  DatasetTransform,
  ErrorValue,
} from '../../../src-main/contract/index.ts';
import { Button, IconButton } from '../../ui/parts.tsx';
import { ChangePicker } from './change-picker.tsx';
import { chooseChange, useChanges, usualOf } from './changes.ts';
import { Failure } from './failure.tsx';
import type { Names } from './name-choice.tsx';
import { isComplete, OptionFields } from './option-fields.tsx';
import { ProblemTable } from './problem-table.tsx';
import { chooseRecipe, saveRecipe } from './recipes.ts';
import {
  changeSteps,
  redoSteps,
  removeStep,
  shapeAgain,
  showStep,
  stemOf,
  undoSteps,
  useWizard,
} from './state.ts';
import { focusStepTitle, StepTitle } from './step-title.tsx';
import { notMade, optionFault, titleOf } from './words.ts';

/** What is changed on the way. The panel at the left shows at once what each change does. */
export function Shape() {
  const { view, steps, past, future, shaped, error, busy } = useWizard();
  const { known, fresh } = useChanges();
  const [ofSource, ofAll] = useNames();
  useEffect(() => {
    window.addEventListener('keydown', undoByKey, true);
    return () => window.removeEventListener('keydown', undoByKey, true);
  }, []);
  const list = useRef<HTMLOListElement>(null);
  // The button that the keyboard goes on from when the cards are in their new order.
  const next = useRef<{ readonly card: number; readonly action: CardAction } | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another order means other cards.
  useEffect(() => {
    if (next.current) focusCard(list.current, next.current);
    next.current = null;
  }, [steps]);
  useEffect(() => {
    if (fresh === null || known.length === 0) return;
    useChanges.setState({ fresh: null });
    const card = list.current?.children[fresh];
    const field = card?.querySelector<HTMLElement>('input, select') ?? card?.querySelector('button:enabled');
    field?.focus();
    card?.scrollIntoView({ block: 'nearest' });
  }, [fresh, known]);
  const [tried, setTried] = useState(false);
  const incomplete = steps.map(({ name, options }) => {
    const transform = known.find((other) => other.name === name);
    return transform !== undefined && !isComplete(transform.schema, options);
  });
  const failed = busy === null ? error : null;
  const isCancelled = failed?.code === 'CANCELLED';
  const faulty = failed ? faultyCard(steps, incomplete, failed) : -1;
  const change = (index: number, step: DatasetStep): void =>
    changeSteps(steps.map((other, at) => (at === index ? step : other)));
  const move = (index: number, by: -1 | 1): void => {
    const moved = [...steps];
    const [taken] = moved.splice(index, 1);
    if (taken) moved.splice(index + by, 0, taken);
    next.current = { card: index + by, action: by < 0 ? 'earlier' : 'later' };
    changeSteps(moved);
  };
  const remove = (index: number): void => {
    next.current = { card: Math.min(index, steps.length - 2), action: 'remove' };
    removeStep(index);
  };
  const goOn = (): void => {
    if (!incomplete.includes(true)) {
      showStep('target');
      return;
    }
    setTried(true);
    // Marked first, then gone to.
    setTimeout(() => list.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  return (
    <div className="column">
      <header className="page-head">
        <div>
          <StepTitle>Change it on the way</StepTitle>
          <p className="quiet">The source is never touched. Steps are done in this order.</p>
        </div>
        <div className="row">
          <IconButton label="Undo" disabled={past.length === 0} onClick={undoSteps}>
            <Undo2 size={16} />
          </IconButton>
          <IconButton label="Redo" disabled={future.length === 0} onClick={redoSteps}>
            <Redo2 size={16} />
          </IconButton>
          <Button kind="primary" className="tall" onClick={goOn}>
            Choose a target
          </Button>
        </div>
      </header>
      {failed && faulty < 0 && <Failure error={failed} {...(isCancelled && { title: notMade })} />}
      {isCancelled && (
        <div className="made-again">
          <Button onClick={() => void shapeAgain()}>Make them again</Button>
        </div>
      )}
      <ol ref={list} className="plain step-list">
        {steps.map((step, index) => (
          <StepCard
            // A step has no name of its own; its place in the order is what it is.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above.
            key={`${step.name} ${index}`}
            step={step}
            place={index}
            last={index === steps.length - 1}
            transform={known.find(({ name }) => name === step.name)}
            names={index === 0 ? ofSource : ofAll}
            fault={index === faulty && !incomplete[index] ? failed : null}
            tried={tried}
            onChange={(options) => change(index, { ...step, options })}
            onMove={(by) => move(index, by)}
            onRemove={() => remove(index)}
          />
        ))}
      </ol>
      <section className="section" aria-label="Add a change">
        <h2>Add a change</h2>
        <div className="row wrap">
          {usualOf(known).map(({ title, step }) => (
            <Button key={title} onClick={() => changeSteps([...steps, step])}>
              {title}
            </Button>
          ))}
          <Button onClick={chooseChange}>All changes</Button>
        </div>
        <div className="row wrap">
          <Button onClick={() => void chooseRecipe()}>Open a recipe</Button>
          {steps.length > 0 && view && (
            <Button onClick={() => void saveRecipe(stemOf(view.name))}>Save as a recipe</Button>
          )}
          <span className="quiet">A recipe keeps the changes for other sets and for the command line.</span>
        </div>
      </section>
      {shaped && shaped.summary.changes.total > 0 && (
        <section className="section" aria-label="What the changes tell">
          <h2>What the changes tell</h2>
          <ProblemTable of={shaped.summary.changes} />
        </section>
      )}
      <ChangePicker />
    </div>
  );
}

/** Classes and splits of the source, and with those that changes made. */
function useNames(): readonly [ofSource: Names, ofAll: Names] {
  const { summary, shaped } = useWizard();
  const last = useRef(shaped);
  last.current = shaped ?? last.current;
  const namesIn = (...all: readonly (DatasetSummary | null | undefined)[]): Names => {
    const of = (key: 'labels' | 'subsets'): string[] => [
      ...new Set(all.flatMap((one) => one?.[key].map(({ name }) => name) ?? [])),
    ];
    return { classes: of('labels'), subsets: of('subsets') };
  };
  return [namesIn(summary), namesIn(summary, last.current?.summary)];
}

/**
 * Ctrl+Z and Ctrl+Y while the step is shown, but in fields, which have an own way back. It comes before the messages that
 * offer to undo something, one of which may be of the last change.
 */
function undoByKey(event: KeyboardEvent): void {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const target = event.target as HTMLElement;
  if (target.closest('input:not([type=checkbox]), select, textarea, dialog')) return;
  const key = event.key.toLowerCase();
  const { past, future } = useWizard.getState();
  const isRedo = key === 'y' || (key === 'z' && event.shiftKey);
  if ((key !== 'z' && key !== 'y') || (isRedo ? future : past).length === 0) return;
  event.preventDefault();
  if (isRedo) redoSteps();
  else undoSteps();
}

type CardAction = 'earlier' | 'later' | 'remove';

/** Focuses a button of a card; one that can't be pressed there passes it on to its neighbour. */
function focusCard(
  list: HTMLElement | null,
  { card, action }: { readonly card: number; readonly action: CardAction },
): void {
  const within = list?.children[card];
  const named = within?.querySelector<HTMLElement>(`[data-action="${action}"]:not(:disabled)`);
  const any = within?.querySelector<HTMLElement>('[data-action]:not(:disabled)');
  const button = named ?? any;
  if (button) button.focus();
  else focusStepTitle();
}

/** The card that an error is of: the engine names the step; −1 if it is of none. */
function faultyCard(
  steps: readonly DatasetStep[],
  incomplete: readonly boolean[],
  { message }: ErrorValue,
): number {
  const isOf = ({ name }: DatasetStep): boolean =>
    [`${name}: `, `${name} `].some((start) => message.startsWith(start));
  const first = steps.findIndex((step, index) => isOf(step) && incomplete[index]);
  return first < 0 ? steps.findIndex(isOf) : first;
}

interface StepCardProps {
  readonly step: DatasetStep;
  readonly place: number;
  readonly last: boolean;
  readonly transform: DatasetTransform | undefined;
  /** Names that its options may be about. */
  readonly names: Names;
  /** What the engine has against its options. */
  readonly fault: ErrorValue | null;
  readonly tried: boolean;
  readonly onChange: (options: DatasetStep['options']) => void;
  readonly onMove: (by: -1 | 1) => void;
  readonly onRemove: () => void;
}

function StepCard({
  step,
  place,
  last,
  transform,
  names,
  fault,
  tried,
  onChange,
  onMove,
  onRemove,
}: StepCardProps) {
  // One that was just added is not wrong yet.
  const [touched, setTouched] = useState(Object.keys(step.options).length > 0);
  const message = fault && (touched || tried) ? optionFault(step.name, fault.message) : null;
  const line = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (message !== null) line.current?.scrollIntoView({ block: 'nearest' });
  }, [message]);
  return (
    <li className="step-card">
      <div className="row spread">
        <h3>
          <span className="numeric quiet">{place + 1}</span> {titleOf(step.name)}
        </h3>
        <div className="row">
          <IconButton label="Earlier" data-action="earlier" disabled={place === 0} onClick={() => onMove(-1)}>
            <ArrowUp size={14} />
          </IconButton>
          <IconButton label="Later" data-action="later" disabled={last} onClick={() => onMove(1)}>
            <ArrowDown size={14} />
          </IconButton>
          <IconButton label={`Remove ${titleOf(step.name)}`} data-action="remove" onClick={onRemove}>
            <X size={14} />
          </IconButton>
        </div>
      </div>
      <p className="quiet">{transform?.description}</p>
      {transform && (
        <OptionFields
          schema={transform.schema}
          value={step.options}
          names={names}
          tried={tried}
          onChange={onChange}
          onTouch={() => setTouched(true)}
        />
      )}
      {message !== null && (
        <p ref={line} className="state-failed" role="alert">
          {message}
        </p>
      )}
    </li>
  );
}
