import { clsx } from 'clsx';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { placeOf } from './config-text.ts';
import { setText, useEditing } from './state.ts';

/** The configuration's text, with the lines that have something wrong marked, and what it is below. */
export function JsonEditor() {
  const text = useEditing((state) => state.text) ?? '';
  const view = useEditing((state) => state.view);
  const area = useRef<HTMLTextAreaElement>(null);
  const [scrolled, setScrolled] = useState(0);
  const problems = useMemo(() => {
    if (view?.fault) {
      const { line, column, message } = view.fault;
      const offset =
        text
          .split('\n')
          .slice(0, line - 1)
          .join('\n').length + column;
      return [{ key: 'fault', severity: 'error' as const, message, line, offset, length: 1 }];
    }
    return (view?.findings ?? []).map(({ path, severity, message, change, rule }) => ({
      key: `${rule} ${path}`,
      severity,
      message: `${message} ${change}`,
      ...placeOf(text, path),
    }));
  }, [text, view]);
  const marked = new Map(problems.map(({ line, severity }) => [line, severity]));
  const lines = text.split('\n').length;

  const show = (offset: number, length: number, line: number): void => {
    const element = area.current;
    if (!element) return;
    element.focus();
    element.setSelectionRange(offset, offset + length);
    element.scrollTop = Math.max(0, (line - 6) * lineHeight);
  };
  return (
    <section className="config-json" aria-label="JSON">
      <div className="json-area">
        <div className="json-lines mono" aria-hidden>
          <div style={{ transform: `translateY(${-scrolled}px)` }}>
            {Array.from({ length: lines }, (_, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number.
              <div key={index} className={clsx(marked.get(index + 1) && `line-${marked.get(index + 1)}`)}>
                {index + 1}
              </div>
            ))}
          </div>
        </div>
        <textarea
          ref={area}
          className="mono"
          aria-label="The configuration as JSON"
          aria-invalid={problems.some(({ severity }) => severity === 'error')}
          spellCheck={false}
          wrap="off"
          value={text}
          onChange={(event) => setText(event.target.value, true)}
          onScroll={(event) => setScrolled(event.currentTarget.scrollTop)}
          onKeyDown={indent}
        />
      </div>
      <ul className="plain json-problems" aria-label="What is wrong">
        {problems.map(({ key, severity, message, line, offset, length }) => (
          <li key={key}>
            <button type="button" onClick={() => show(offset, length, line)}>
              <span className={severity === 'error' ? 'state-failed' : 'state-warning'}>
                {severity === 'error' ? 'Error' : 'Warning'}, line {line}
              </span>
              <span>{message}</span>
            </button>
          </li>
        ))}
        {view && problems.length === 0 && <li className="quiet">Nothing is wrong as far as the rules go.</li>}
      </ul>
    </section>
  );
}

/** Of the text, in pixels; as in the styles. */
const lineHeight = 18;

/** Enter keeps the indentation, and goes deeper after an opening bracket. Tab leaves the field, as everywhere. */
function indent(event: KeyboardEvent<HTMLTextAreaElement>): void {
  if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || event.nativeEvent.isComposing) return;
  const { selectionStart: at, selectionEnd: end, value } = event.currentTarget;
  const line = value.slice(value.lastIndexOf('\n', at - 1) + 1, at);
  const space = /^\s*/.exec(line)?.[0] ?? '';
  const added = `\n${space}${/[[{]\s*$/.test(line) ? '  ' : ''}`;
  event.preventDefault();
  const element = event.currentTarget;
  element.setRangeText(added, at, end, 'end');
  setText(element.value, true);
}
