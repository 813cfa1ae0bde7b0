import { styleText } from 'node:util';
import {
  annotationsIn,
  type ConversionPlan,
  type ConversionResult,
  type ProblemSummary,
  type TypeLoss,
} from '../../engine/datasets/index.ts';
import { counted, plainText, printJson, say } from '../shared.ts';

/** Says what a conversion will lose. */
export function tellPlan(plan: ConversionPlan, json: boolean, before?: string): void {
  if (json) printJson({ event: 'plan', ...plain(plan) });
  else printPlan(plan, before);
}

/** Says what came of it. */
export function tellResult(result: ConversionResult, json: boolean): void {
  if (json) printJson({ event: 'done', ...plainResult(result) });
  else printResult(result);
}

/** A plan as one JSON object. */
function plain({ from, to, statistics, loss, advice, choices, problems, changes }: ConversionPlan) {
  return {
    from,
    to,
    items: statistics.items,
    annotations: annotationsIn(statistics),
    subsets: Object.fromEntries(statistics.bySubset),
    types: loss.types,
    classes: loss.classes,
    attributes: Object.fromEntries(loss.attributes),
    notes: loss.notes,
    advice,
    choices,
    problems: problems.total,
    problemsByReason: problems.byReason,
    firstProblems: problems.first,
    changes: changes.byReason,
  };
}

function plainResult({ problems, checkProblems, ...rest }: ConversionResult) {
  const back = rest.roundTrip.types.reduce(
    (sum, { equal, near, changed, added }) => sum + equal + near + changed + added,
    0,
  );
  return {
    ...rest,
    readBack: { items: rest.roundTrip.items.found, annotations: back },
    problems: Object.entries(problems.byReason).map(([reason, count]) => ({ reason, count })),
    firstProblems: problems.first,
    checkProblems: Object.entries(checkProblems.byReason).map(([reason, count]) => ({ reason, count })),
  };
}

function printPlan(
  { fromTitle, toTitle, statistics, loss, advice, choices, problems, changes }: ConversionPlan,
  ofSource = "can't be read: ",
): void {
  say(`${fromTitle} -> ${toTitle}: ${counted(statistics.items, 'item')}`);
  for (const type of loss.types) say(`  ${type.type.padEnd(12)} ${fateText(type)}`);
  const touched = loss.classes.filter(({ dropped, approximated }) => dropped + approximated > 0);
  for (const { label, dropped, approximated } of touched.slice(0, 8)) {
    const parts = [approximated > 0 && `${approximated} approximated`, dropped > 0 && `${dropped} dropped`];
    say(styleText('dim', `    ${label ?? 'without a class'}: ${parts.filter(Boolean).join(', ')}`));
  }
  if (touched.length > 8) say(styleText('dim', `    and ${touched.length - 8} classes more`));
  for (const [name, count] of loss.attributes) say(`  attribute ${name}: dropped from ${count}`);
  for (const note of [...loss.notes, ...advice]) say(`  ${note}`);
  for (const { type, step, becomes, annotations } of choices)
    say(`  With --transform ${step.name}, ${annotations} of the type ${type} become ${becomes}.`);
  printProblems(changes, '');
  printProblems(problems, ofSource);
}

/** Places of each kind of problem that are named; the receipt has more. */
const fewPlaces = 3;

/** @param before each reason. */
export function printProblems({ byReason, first }: ProblemSummary, before: string): void {
  for (const [reason, count] of Object.entries(byReason)) {
    say(`  ${styleText('yellow', String(count))} ${before}${plainText(reason)}`);
    const places = first.filter((problem) => problem.reason === reason).slice(0, fewPlaces);
    for (const { file, place } of places) {
      const where = [file, place].filter(Boolean).join(', ');
      if (where !== '') say(styleText('dim', `      ${plainText(where)}`));
    }
    if (count > places.length && places.length === fewPlaces)
      say(styleText('dim', `      and ${count - places.length} more`));
  }
}

function fateText({ kept, approximated, merged, dropped, becomes, overlap }: TypeLoss): string {
  const how =
    overlap === null
      ? ''
      : ` (mean overlap ${overlap.mean.toFixed(2)}, least ${overlap.least.toFixed(2)}, ${overlap.measured} measured)`;
  const parts = [
    kept > 0 && `${kept} kept`,
    merged > 0 && `${merged} stand in their object’s ${becomes}`,
    approximated > 0 && `${approximated} become ${becomes}${how}`,
    dropped > 0 && styleText('red', `${dropped} dropped`),
  ];
  return parts.filter(Boolean).join(', ');
}

function printResult(result: ConversionResult): void {
  const { items, annotations, files, media, roundTrip, problems, checkProblems } = result;
  const good = result.check === 'passed';
  say(
    `${styleText(good ? 'green' : 'yellow', 'Done')}    ${counted(items, 'item')}, ${counted(annotations, 'annotation')} in ${counted(files, 'file')}`,
  );
  const { found, expected } = roundTrip.items;
  say(
    `Read back: ${found} of ${counted(expected, 'item')}, ${(100 * roundTrip.score).toFixed(1)} % of the annotations as said`,
  );
  for (const { type, near, changed, missing, added } of roundTrip.types) {
    const parts = [
      near > 0 && `${near} rounded`,
      changed > 0 && `${changed} changed`,
      missing > 0 && `${missing} missing`,
      added > 0 && `${added} more`,
    ];
    const text = parts.filter(Boolean).join(', ');
    if (text !== '') say(`  ${type.padEnd(12)} ${text}`);
  }
  if (media.linked > 0 && media.copied > 0)
    say(`${media.copied} pictures were copied: no link was possible.`);
  if (result.renamedForCollisions > 0) {
    say(`${counted(result.renamedForCollisions, 'item')} got another name, as their own was taken.`);
  }
  if (roundTrip.renamedItems.count > 0) {
    const [first] = roundTrip.renamedItems.examples;
    const are = roundTrip.renamedItems.count === 1 ? 'is' : 'are';
    say(
      `${counted(roundTrip.renamedItems.count, 'item')} ${are} named otherwise now: ${first?.from} is ${first?.to}.`,
    );
  }
  for (const name of roundTrip.joinedLabels)
    say(`The classes of the name ${plainText(name)} can't be told apart any more.`);
  for (const { from, to } of roundTrip.renamedLabels) say(`The class ${from} is ${to} now.`);
  for (const line of roundTrip.damaged.slice(0, good ? 0 : 5)) say(`  ${line}`);
  printProblems(problems, '');
  printProblems(checkProblems, 'read back: ');
  if (result.left > 0) say(`${result.left} files of what was there before stay in the folder.`);
  if (result.receipt !== null) say(styleText('dim', `Receipt: ${result.receipt}`));
}
