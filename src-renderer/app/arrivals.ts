import { create } from 'zustand';
import type { AdmitResult, Possibility, RecognizedPart } from '../../src-main/contract/index.ts';
import type { Way } from '../state/inbox.ts';
import { remember } from '../state/recent.ts';
import { act, showPage, toast } from '../state/session.ts';
import type { Page } from './page-type.ts';
import { pages, takings } from './pages.ts';

/** One thing that can be done with what came. */
interface Offer {
  readonly title: string;
  readonly run: () => void;
}

/** What is asked where two things could be meant; the oldest first. */
export const useQuestions = create<{
  readonly waiting: readonly { readonly name: string; readonly offers: readonly Offer[] }[];
}>(() => ({ waiting: [] }));

/** Milliseconds after which it is said what is being done: a folder of a hundred thousand files takes seconds. */
const patience = 700;

/**
 * Takes files that were dropped, pasted, chosen, named or handed over: each goes where it belongs by what it is. Where
 * it could be two things, that is asked.
 */
export async function receive({ handles, refused }: AdmitResult, way: Way): Promise<void> {
  if (refused.length > 0) {
    const [first, ...others] = refused.map(({ name, reason }) => `${name}: ${reason}`);
    toast(others.length > 0 ? `${first} And ${others.length} more.` : first!, { tone: 'warning' });
  }
  const [handle] = handles;
  if (!handle) return;
  const isSlow = setTimeout(() => toast(`Looking what ${handle.name} is`), patience);
  const found = await act('files.recognize', { handles: handles.map(({ id }) => id) });
  clearTimeout(isSlow);
  for (const part of found?.parts ?? []) {
    const offers = offersFor(part, way);
    const [only, another] = offers;
    if (!only) refuse(part, way);
    else if (!another) only.run();
    else {
      const question = { name: nameOf(part), offers };
      useQuestions.setState(({ waiting }) => ({ waiting: [...waiting, question] }));
    }
  }
}

/** What the places would do with it: the one that is shown goes first, and alone where it says so. */
export function offersFor({ couldBe }: Pick<RecognizedPart, 'couldBe'>, way: Way): Offer[] {
  const wanted = couldBe.filter(({ kind }) => kind === way.wanted);
  const possible = wanted.length > 0 ? wanted : couldBe;
  const shown = pages.find(({ id }) => id === way.shown);
  const own = shown ? possible.flatMap((what) => offersOf(shown, what, way, true)) : [];
  if (own.length > 0) return own.slice(0, 1);
  // What the place that is shown would do is named first.
  const order = [...pages].sort((a, b) => Number(b === shown) - Number(a === shown));
  return order.flatMap((page) => possible.flatMap((what) => offersOf(page, what, way, false)));
}

function offersOf(page: Page, what: Possibility, way: Way, here: boolean): Offer[] {
  return (takings.get(page.id) ?? [])
    .filter((taking) => taking.kind === what.kind && (here ? taking.here?.(what) : taking.here === undefined))
    .map(({ title, take }) => ({
      title: title(what),
      run() {
        remember(what);
        showPage(page.id);
        take({ handles: what.handles, refused: [] }, way);
      },
    }));
}

function nameOf({ handles }: RecognizedPart): string {
  const [first, ...others] = handles.map(({ name }) => name);
  return others.length > 0 ? `${first} and ${others.length} more` : first!;
}

/** Of what nobody knows the place that is shown may say more. */
function refuse(part: RecognizedPart, { shown, wanted }: Way): void {
  const at = wanted === 'pictures' ? 'upscale' : shown;
  const drop = pages.find(({ id }) => id === at)?.drop;
  if (drop) {
    drop.take({ handles: part.handles, refused: [] });
    return;
  }
  const [first] = part.handles;
  const empty = first?.kind === 'folder' ? 'There is nothing in it that' : 'This is nothing that';
  toast(
    `${nameOf(part)}: ${empty} Refinery opens. It takes pictures, networks (.xml with .bin, .onnx), datasets and trainings.`,
    { tone: 'warning' },
  );
}
