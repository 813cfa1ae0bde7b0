import type { FileProblem } from '../types.ts';
import { type Line, LineSplitter } from './lines.ts';
import {
  type LogMessage,
  MessageList,
  NncfLineReader,
  type NncfLog,
  pythonNumber,
  unfinishedLine,
} from './nncf-log.ts';

/** A dictionary that the Trainer printed. Its step is not in it; the progress bar before it tells. */
export interface ConsoleRow {
  readonly line: number;
  readonly epoch?: number;
  readonly values: Readonly<Record<string, number>>;
  /** The training's progress bar when the row was printed. */
  readonly progress?: Progress;
}

export interface Progress {
  readonly step: number;
  readonly total: number;
  /** Seconds since this process began to train. */
  readonly elapsed: number;
}

export interface ConsoleMilestone {
  readonly kind: 'started' | 'saving' | 'completed' | 'failed';
  readonly line: number;
  /** The folder that is saved to, or the error. */
  readonly text: string;
  /** Steps done by then, where a progress bar was seen. */
  readonly step?: number;
}

/** A Trainer's console log. */
export interface ConsoleLog {
  readonly rows: readonly ConsoleRow[];
  /** Facts from under `***** Running training *****`, such as `Total optimization steps`. */
  readonly header: Readonly<Record<string, number>>;
  readonly milestones: readonly ConsoleMilestone[];
  readonly messages: readonly LogMessage[];
  /** Tables such as `***** eval metrics *****`, as they are printed. */
  readonly tables: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly progress?: Progress;
  /** Lines of NNCF's, if there are any. */
  readonly nncf?: NncfLog;
}

/** Characters; no line of interest has more, and expressions would take long for one that goes on and on. */
const longest = 1 << 16;

/** Reads a Trainer's console log from appended bytes. */
export class ConsoleLogReader {
  readonly #splitter = new LineSplitter();
  readonly #nncf = new NncfLineReader();
  readonly #messages = new MessageList();
  readonly #rows: ConsoleRow[] = [];
  readonly #milestones: ConsoleMilestone[] = [];
  readonly #header: Record<string, number> = {};
  readonly #tables: Record<string, Record<string, string>> = {};
  #section = '';
  #progress: Progress | undefined;
  #inTraceback = false;

  push(bytes: Uint8Array): void {
    for (const line of this.#splitter.push(bytes)) this.#line(line);
  }

  get value(): ConsoleLog {
    return {
      rows: [...this.#rows],
      header: { ...this.#header },
      milestones: [...this.#milestones],
      messages: this.#messages.list,
      tables: Object.fromEntries(Object.entries(this.#tables).map(([name, table]) => [name, { ...table }])),
      ...(this.#progress ? { progress: this.#progress } : {}),
      ...(this.#nncf.empty ? {} : { nncf: this.#nncf.value }),
    };
  }

  get problems(): FileProblem[] {
    return this.#splitter.pending ? [unfinishedLine] : [];
  }

  #line(line: Line): void {
    if (line.text.length <= longest) this.#nncf.line(line);
    // Progress bars write over themselves, so that one line holds many states.
    for (const part of line.text.split('\r')) this.#part(withoutEscapes(part), line.number);
  }

  #part(text: string, line: number): void {
    if (text.length > longest) return;
    this.#bars(text);
    const row = /\{'[^{}]*\}\s*$/.exec(text)?.[0];
    if (row !== undefined) this.#row(row, line);
    if (this.#traceback(text, line)) return;
    const section = /^\*{5} (.+?) \*{5}$/.exec(text.trim())?.[1];
    if (section !== undefined) {
      this.#section = section;
      if (section === 'Running training') this.#milestone('started', '', line);
      return;
    }
    this.#entry(text);
    const saving = /Saving model checkpoint to (\S+)/.exec(text)?.[1];
    if (saving !== undefined) this.#milestone('saving', saving, line);
    else if (text.startsWith('Training completed.')) this.#milestone('completed', '', line);
    else if (text.startsWith('Error encountered during OpenVINO IR pruning')) {
      this.#messages.add('error', text, line);
    } else if (/(?:^WARNING:|\bWARNING\b - |\b\w*Warning: )/.test(text))
      this.#messages.add('warning', text, line);
    else if (/^(?:ERROR:|.* - ERROR - )/.test(text)) this.#messages.add('error', text, line);
  }

  /** ` 50%|█████     | 144/288 [01:20<01:20,  1.79it/s]`; evaluations have bars of their own, with fewer steps. */
  #bars(text: string): void {
    for (const bar of text.matchAll(/(\d{1,12})\/(\d{1,12}) \[(?:(\d{1,6}):)?(\d{1,4}):(\d{1,2})</g)) {
      const [step, total, hours, minutes, seconds] = bar.slice(1).map((digits) => Number(digits ?? 0));
      const training = this.#header['Total optimization steps'] ?? this.#progress?.total ?? 0;
      const wanted = 'Total optimization steps' in this.#header ? total === training : total! >= training;
      if (wanted)
        this.#progress = { step: step!, total: total!, elapsed: hours! * 3600 + minutes! * 60 + seconds! };
    }
  }

  #row(text: string, line: number): void {
    const values: Record<string, number> = {};
    for (const [, key, value] of text.matchAll(
      /'([^']+)': '?([-+]?(?:inf|nan|[\d.]+(?:e[-+]?\d+)?))'?(?=[,}])/g,
    )) {
      values[key!] = pythonNumber(value!);
    }
    const { epoch, ...rest } = values;
    if (Object.keys(rest).length === 0 || (epoch === undefined && rest['loss'] === undefined)) return;
    this.#rows.push({
      line,
      ...(epoch === undefined ? {} : { epoch }),
      values: rest,
      ...(this.#progress ? { progress: this.#progress } : {}),
    });
  }

  /** The header's `  Num Epochs = 6` and the tables' `  eval_loss   =   0.0404`. */
  #entry(text: string): void {
    const entry = /^ {2}(\S[^=]*?)\s+=\s+(\S.*)$/.exec(text);
    if (!entry || this.#section === '') return;
    const [, name, value] = entry;
    if (this.#section === 'Running training') {
      const number = Number(value!.replaceAll(',', ''));
      if (!Number.isNaN(number)) this.#header[name!] = number;
    } else {
      const table = this.#tables[this.#section] ?? {};
      this.#tables[this.#section] = table;
      table[name!] = value!;
    }
  }

  /** A traceback's frames are indented; the first line that isn't is the error. */
  #traceback(text: string, line: number): boolean {
    if (text.startsWith('Traceback (most recent call last)')) {
      this.#inTraceback = true;
      return true;
    }
    if (!this.#inTraceback) return false;
    if (/^\s|^$/.test(text)) return true;
    this.#inTraceback = false;
    this.#messages.add('error', text, line);
    this.#milestone('failed', text, line);
    return true;
  }

  #milestone(kind: ConsoleMilestone['kind'], text: string, line: number): void {
    const step = this.#progress?.step;
    this.#milestones.push({ kind, line, text, ...(step === undefined ? {} : { step }) });
  }
}

/** Without the terminal's escape sequences, such as the one that goes a line up after a nested progress bar. */
const withoutEscapes = (text: string): string => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '');
};

/** Reads a whole console log; a last line without end counts. */
export function parseConsoleLog(text: string): ConsoleLog {
  const reader = new ConsoleLogReader();
  reader.push(new TextEncoder().encode(text.endsWith('\n') ? text : `${text}\n`));
  return reader.value;
}
