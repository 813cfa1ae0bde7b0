import { escapeText } from './escape.ts';

/** A table; cells are texts, the first column is a name and the others are figures. */
export function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const cells = (row: readonly string[], tag: 'td' | 'th'): string =>
    row.map((cell) => `<${tag}>${escapeText(cell)}</${tag}>`).join('');
  const body = rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('');
  return `<div class="wide"><table><thead><tr>${cells(head, 'th')}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** A part of the page; nothing where there is nothing to say. */
export function section(title: string, ...parts: readonly string[]): string {
  const content = parts.filter((part) => part !== '').join('\n');
  return content === '' ? '' : `<section><h2>${escapeText(title)}</h2>\n${content}\n</section>`;
}

export const paragraph = (text: string, kind = ''): string =>
  `<p${kind === '' ? '' : ` class="${kind}"`}>${escapeText(text)}</p>`;

/**
 * A page that needs nothing else: no scripts, no fonts, no pictures from elsewhere, which its own policy forbids besides.
 * Light or dark as the reader's system is.
 *
 * @param content HTML.
 */
export function page(title: string, subtitle: string, content: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeText(title)}</h1>
${paragraph(subtitle, 'dim')}
${content.filter((part) => part !== '').join('\n')}
</main>
</body>
</html>
`;
}

const style = `
:root{color-scheme:light dark;--text:#1f2328;--dim:#59636e;--line:#d1d9e0;--back:#fff;--card:#f6f8fa;--error:#cf222e;--warning:#9a6700;--note:#0969da}
@media(prefers-color-scheme:dark){:root{--text:#e6edf3;--dim:#9198a1;--line:#3d444d;--back:#0d1117;--card:#151b23;--error:#ff7b72;--warning:#d29922;--note:#58a6ff}}
body{margin:0;background:var(--back);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:960px;margin:0 auto;padding:24px 16px 64px}
h1{font-size:26px;margin:0}h2{font-size:19px;margin:32px 0 8px;border-bottom:1px solid var(--line);padding-bottom:4px}
.dim{color:var(--dim)}.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:14px}
th,td{border-bottom:1px solid var(--line);padding:4px 12px 4px 0;text-align:right;vertical-align:top}
td{overflow-wrap:anywhere}th:first-child,td:first-child{text-align:left;overflow-wrap:normal}
svg{max-width:100%;height:auto;display:block;margin:8px 0}
.advice{border-left:4px solid var(--line);background:var(--card);padding:8px 14px;margin:10px 0}
.advice h3{margin:0;font-size:15px}.advice p,.advice ul{margin:4px 0}
.error{border-color:var(--error)}.warning{border-color:var(--warning)}.note{border-color:var(--note)}
@media print{body{background:#fff;color:#000}section{break-inside:avoid}}
`;
