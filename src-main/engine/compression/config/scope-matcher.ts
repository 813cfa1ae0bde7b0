import { Script } from 'node:vm';
import { pythonExpression } from '../../expressions/python.ts';
import { within } from '../../expressions/within.ts';
import type { Report } from './findings.ts';

export interface ScopeMatch {
  readonly pattern: string;
  /** Names of the layers that it matches. */
  readonly layers: readonly string[];
  /** Why Python refuses it. */
  readonly fault?: string;
  /** Why what it matches isn't known, though Python takes it. */
  readonly unknown?: string;
}

/** The regular expression of a scope: NNCF takes `{re}` for its mark anywhere, and each one out. */
const expressionIn = (scope: string): string | undefined =>
  scope.includes('{re}') ? scope.replaceAll('{re}', '') : undefined;

const noExpression = (why: string) => `Python refuses this regular expression: ${why}`;
const beyond = (what: string) => `What this matches isn’t known here, as it has ${what}; NNCF will know.`;
const tooSlow =
  'Trying this takes too long: repetitions within repetitions. What it matches isn’t known here, and NNCF may hang, too.';
const notTried = 'This wasn’t tried yet, as others took the time for it.';

/** Milliseconds for one expression on a model's layers, of which a usual one takes a tenth of one; and for all at once. */
const patience = { one: 100, all: 300 };

/** What took too long, so that an editor that looks again at each change stops once for it; forgotten when many come. */
const slow = new Set<string>();
const mostSlow = 1_000;

const trial = new Script('names.filter((name) => expression.test(name))');

/**
 * What scopes match of a model's real layers, as NNCF's `matches_any` compares: the whole name, or, where `{re}` is anywhere
 * in a scope, Python's search with what else stands in it. All that one look at a configuration asks is asked of one of these.
 */
export class ScopeMatcher {
  private readonly names: readonly string[];
  private readonly known = new Map<string, ScopeMatch & { readonly set: ReadonlySet<string> }>();
  private left = patience.all;

  /** @param names NNCF's names of the layers, see `layersOf`. */
  constructor(names: readonly string[]) {
    this.names = names;
  }

  match(pattern: string): ScopeMatch {
    const { set: _, ...match } = this.lookUp(pattern);
    return match;
  }

  /** Whether any of some scopes, one or a list as a configuration has them, is meant for a layer. */
  any(scopes: unknown, name: string): boolean {
    return [scopes].flat().some((scope) => typeof scope === 'string' && this.lookUp(scope).set.has(name));
  }

  /** Whether what some scopes match is known. */
  knows(scopes: unknown): boolean {
    return [scopes].flat().every((scope) => {
      if (typeof scope !== 'string') return true;
      const { fault, unknown } = this.lookUp(scope);
      return fault === undefined && unknown === undefined;
    });
  }

  private lookUp(pattern: string): ScopeMatch & { readonly set: ReadonlySet<string> } {
    const known = this.known.get(pattern);
    if (known) return known;
    const match = this.tried(pattern);
    const made = { ...match, set: new Set(match.layers) };
    this.known.set(pattern, made);
    return made;
  }

  private tried(pattern: string): ScopeMatch {
    const source = expressionIn(pattern);
    if (source === undefined) return { pattern, layers: this.names.filter((name) => name === pattern) };
    const read = pythonExpression(source);
    if ('fault' in read) return { pattern, layers: [], fault: noExpression(read.fault) };
    if ('beyond' in read) return { pattern, layers: [], unknown: beyond(read.beyond) };
    if (slow.has(source)) return { pattern, layers: [], unknown: tooSlow };
    const time = Math.min(patience.one, this.left);
    if (time < 1) return { pattern, layers: [], unknown: notTried };
    const begin = performance.now();
    const layers = within<string[]>(time, trial, { names: this.names, expression: read.expression });
    this.left -= performance.now() - begin;
    if (layers) return { pattern, layers: [...layers] };
    if (time < patience.one) return { pattern, layers: [], unknown: notTried };
    if (slow.size >= mostSlow) slow.clear();
    slow.add(source);
    return { pattern, layers: [], unknown: tooSlow };
  }
}

/** Scopes as a configuration has them, one or a list, each with its JSON path; whatever stands in place of one, too. */
export function scopesAt(
  scopes: unknown,
  path: string,
): Array<{ readonly path: string; readonly scope: unknown }> {
  if (scopes === undefined) return [];
  if (!Array.isArray(scopes)) return [{ path, scope: scopes }];
  return scopes.map((scope: unknown, index) => ({ path: `${path}[${index}]`, scope }));
}

/** Reports scopes, one or a list, that are none, or whose layers aren't known: a name, or `{re}` and an expression. */
export function checkScopes(scopes: unknown, path: string, matcher: ScopeMatcher, report: Report): void {
  for (const { path: place, scope } of scopesAt(scopes, path)) {
    if (typeof scope !== 'string') {
      report('type', place, 'A text was expected here.');
      continue;
    }
    const { fault, unknown } = matcher.match(scope);
    if (fault !== undefined) report('scope-expression', place, fault);
    else if (unknown !== undefined) report('scope-unknown', place, unknown, 'warning');
  }
}
