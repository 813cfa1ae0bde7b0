import { useCallback } from 'react';
import type { DatasetPreview } from '../../../src-main/contract/index.ts';
import { call } from '../../state/session.ts';
import { count } from '../../ui/format.ts';
import { type About, useAsked } from './asked.ts';
import { ItemPicture } from './item-picture.tsx';

/** Pixels that a picture is wide. */
const width = 120;
const fewNames = 6;

interface PreviewProps {
  readonly id: string;
  readonly format: string;
  readonly title: string;
}

/** The first pictures of the set as a format reads them, so that one sees which format is the right one. */
export function Preview({ id, format, title }: PreviewProps) {
  const ask = useCallback((about: About) => call('datasets.preview', { id: about.id, format }), [format]);
  const { answer: seen, failed } = useAsked(ask);
  const isBusy = seen === null && failed === null;
  return (
    <section className="preview" aria-label={`First pictures as ${title}`} aria-busy={isBusy}>
      <div className="preview-pictures" style={{ minHeight: width * 0.75 }}>
        {seen?.items.map((item) => (
          <div key={item.index} style={{ width }} title={item.id}>
            <ItemPicture item={item} media={`${id}.${format}.${item.index}`} width={width} />
          </div>
        ))}
      </div>
      <p className="quiet">{seen ? said(seen) : (failed?.message ?? 'Looking at the first pictures')}</p>
    </section>
  );
}

function said({ items, looked, labels, problems }: DatasetPreview): string {
  if (looked === 0) return 'Read as this, there is no picture in it.';
  const annotations = items.reduce((sum, { shapes }) => sum + shapes.length, 0);
  const names = labels.slice(0, fewNames).join(', ') + (labels.length > fewNames ? ' and more' : '');
  const what =
    annotations === 0
      ? `Nothing is annotated in the first ${count(looked, 'picture')}`
      : `${count(annotations, 'annotation')} in ${count(items.length, 'picture')}${names === '' ? '' : `: ${names}`}`;
  return problems === 0 ? `${what}.` : `${what}. ${count(problems, 'thing')} can’t be read so far.`;
}
