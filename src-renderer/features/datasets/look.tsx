import { useVirtualizer } from '@tanstack/react-virtual';
import { clsx } from 'clsx';
import { X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useState } from 'react';
import type { DatasetItem } from '../../../src-main/contract/index.ts';
import { count } from '../../ui/format.ts';
import { Button, Check, Segmented, Select } from '../../ui/parts.tsx';
import { useRoom } from '../../ui/room.ts';
import { Compare } from './compare.tsx';
import { Figures } from './figures.tsx';
import { Findings } from './findings.tsx';
import { ItemPicture } from './item-picture.tsx';
import { type Items, useItems } from './items.ts';
import { Large } from './large.tsx';
import { type Looked, useLooked } from './looked.ts';
import { changeFilter, lookAsItIs, lookAt, showStep, useWizard } from './state.ts';
import { focusIfLost } from './step-title.tsx';
import { differenceWords, madeLater, notMade, titleOf } from './words.ts';

/** Smallest width of a tile, and the height of its words, in pixels. */
const least = 176;
const wordsHeight = 34;
const gap = 10;

/** The pictures with what is annotated on them. */
export function Look() {
  const { summary, filter, error, looking: shown } = useWizard();
  const looked = useLooked();
  const [range, setRange] = useState({ from: 0, to: 47 });
  const [place, setPlace] = useState(0);
  const [large, setLarge] = useState(false);
  const items = useItems(looked, filter, range.from, range.to);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter, or other changes, begin at the first picture.
  useEffect(() => setPlace(0), [filter, looked]);
  if (!summary) return null;
  return (
    <div className="look">
      <div className="look-bar">
        <Segmented
          label="What to look at"
          value={shown}
          options={[
            ['pictures', 'Pictures'],
            ['figures', 'Figures'],
            ['findings', 'Faults'],
            ['comparison', 'Compare'],
          ]}
          onChange={lookAt}
        />
        {shown === 'pictures' && looked && <Filters looked={looked} items={items} />}
        <Button kind="primary" className="look-next" onClick={() => showStep('target')}>
          Choose a target
        </Button>
      </div>
      {shown === 'comparison' ? (
        <Compare />
      ) : shown === 'findings' ? (
        <Findings />
      ) : shown === 'figures' ? (
        <Figures />
      ) : !looked ? (
        <p className="findings quiet" role="status">
          {!error
            ? 'Making the changes'
            : error.code === 'CANCELLED'
              ? notMade
              : `The changes can’t be made: ${error.message}`}
        </p>
      ) : large ? (
        <Large
          looked={looked}
          item={items.at(place)}
          place={place}
          total={items.total}
          onMove={(to) => {
            setPlace(to);
            setRange({ from: to - 1, to: to + 1 });
          }}
          onClose={() => setLarge(false)}
        />
      ) : (
        <Grid
          looked={looked}
          items={items}
          place={place}
          onRange={(from, to) => setRange((now) => (now.from === from && now.to === to ? now : { from, to }))}
          onPlace={setPlace}
          onOpen={(at) => {
            setPlace(at);
            setLarge(true);
          }}
        />
      )}
    </div>
  );
}

/** Which of the pictures are shown. */
function Filters({ looked, items }: { readonly looked: Looked; readonly items: Items }) {
  const { filter, steps, compared } = useWizard();
  const { subsets, labels } = looked.summary;
  return (
    <>
      {steps.length > 0 && (
        <Segmented
          label="Which of the two"
          value={looked.isChanged ? 'changed' : 'source'}
          options={[
            ['changed', 'Changed'],
            ['source', 'As it is'],
          ]}
          onChange={(which) => lookAsItIs(which === 'source')}
        />
      )}
      <Select
        label="Split"
        value={filter.subset ?? ''}
        options={[['', 'All splits'] as const, ...subsets.map(({ name }) => [name, name] as const)]}
        onChange={(subset) => changeFilter({ subset: subset === '' ? null : subset })}
      />
      <Select
        label="Class"
        value={filter.label === null ? '' : String(filter.label)}
        options={[
          ['', 'All classes'] as const,
          ...labels.map(({ name }, index) => [String(index), name] as const),
        ]}
        onChange={(label) => changeFilter({ label: label === '' ? null : Number(label) })}
      />
      <input
        className="input"
        type="search"
        placeholder="Find by name"
        aria-label="Find by name"
        value={filter.text}
        onChange={(event) => changeFilter({ text: event.target.value })}
      />
      <Check checked={filter.empty} onChange={(empty) => changeFilter({ empty })}>
        Empty only
      </Check>
      {filter.finding !== null && (
        <Button kind="bare" onClick={() => changeFilter({ finding: null })}>
          {titleOf(filter.finding)} <X size={14} aria-label="Show all again" />
        </Button>
      )}
      {filter.difference !== null && (
        <Button kind="bare" onClick={() => changeFilter({ difference: null })}>
          {differenceWords(filter.difference, compared?.other.name ?? '')}{' '}
          <X size={14} aria-label="Show all again" />
        </Button>
      )}
      <span className="quiet numeric look-count" role="status">
        {(items.isCounted || items.total > 0) && count(items.total, 'picture')}
      </span>
      {items.areLater && <span className="quiet">{madeLater}</span>}
    </>
  );
}

interface GridProps {
  readonly looked: Looked;
  readonly items: Items;
  readonly place: number;
  readonly onRange: (from: number, to: number) => void;
  readonly onPlace: (place: number) => void;
  readonly onOpen: (place: number) => void;
}

function Grid({ looked, items, place, onRange, onPlace, onOpen }: GridProps) {
  const [box, { width }] = useRoom<HTMLDivElement>({ width: 800, height: 600 });
  const columns = Math.max(1, Math.floor((width - gap) / (least + gap)));
  const side = (width - gap) / columns - gap;
  const rowHeight = side * 0.75 + wordsHeight + gap;
  const rows = useVirtualizer({
    count: Math.ceil(items.total / columns),
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 3,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another width means other rows.
  useEffect(() => rows.measure(), [rowHeight]);
  // Back from the large view, the keyboard goes on from the picture that was shown there.
  useEffect(() => focusIfLost(box.current), [box]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a move brings its own place into view.
  useEffect(() => rows.scrollToIndex(Math.floor(place / columns), { align: 'auto' }), [columns]);
  const shown = rows.getVirtualItems();
  const from = (shown[0]?.index ?? 0) * columns;
  const to = ((shown.at(-1)?.index ?? 0) + 1) * columns - 1;
  useEffect(() => onRange(from, Math.max(from, to)), [from, to, onRange]);

  const press = (event: KeyboardEvent): void => {
    const moves: Readonly<Record<string, number>> = {
      ArrowRight: place + 1,
      ArrowLeft: place - 1,
      ArrowDown: place + columns,
      ArrowUp: place - columns,
      Home: 0,
      End: items.total - 1,
      PageDown: place + 4 * columns,
      PageUp: place - 4 * columns,
    };
    const next = moves[event.key];
    if (event.key === 'Enter' || event.key === ' ') onOpen(place);
    else if (next === undefined) return;
    else {
      const at = Math.max(0, Math.min(items.total - 1, next));
      onPlace(at);
      rows.scrollToIndex(Math.floor(at / columns), { align: 'auto' });
    }
    event.preventDefault();
  };
  return (
    <div
      ref={box}
      className="grid"
      role="listbox"
      aria-label="Pictures"
      tabIndex={0}
      aria-activedescendant={`item-${place}`}
      onKeyDown={press}
    >
      {items.isCounted && items.total === 0 && (
        <p className="quiet grid-empty">No picture fits these filters.</p>
      )}
      <div role="presentation" style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {shown.flatMap(({ index, start }) =>
          Array.from({ length: columns }, (_, column) => {
            const at = index * columns + column;
            if (at >= items.total) return null;
            return (
              <Tile
                key={at}
                picture={looked.picture}
                place={at}
                total={items.total}
                item={items.at(at)}
                width={side}
                current={at === place}
                style={{ left: gap + column * (side + gap), top: start + gap, width: side }}
                onOpen={onOpen}
              />
            );
          }),
        )}
      </div>
    </div>
  );
}

/** Milliseconds that a tile must be there for before its picture is asked for. */
const passing = 80;

/** Whether a tile is more than one of thousands that scrolling past makes for a moment. */
function useStays(): boolean {
  const [stays, setStays] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setStays(true), passing);
    return () => clearTimeout(timer);
  }, []);
  return stays;
}

interface TileProps {
  readonly picture: Looked['picture'];
  readonly item: DatasetItem | undefined;
  readonly place: number;
  readonly total: number;
  readonly width: number;
  readonly current: boolean;
  readonly style: { readonly left: number; readonly top: number; readonly width: number };
  readonly onOpen: (place: number) => void;
}

function Tile({ picture, item, place, total, width, current, style, onOpen }: TileProps) {
  const stays = useStays();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid takes the keys; tiles are its active descendants.
    // biome-ignore lint/a11y/useFocusableInteractive: see above.
    <div
      id={`item-${place}`}
      className={clsx('tile', current && 'current')}
      role="option"
      aria-selected={current}
      aria-setsize={total}
      aria-posinset={place + 1}
      aria-label={item ? `${item.id}, ${count(item.shapes.length, 'annotation')}` : 'Not here yet'}
      style={style}
      onClick={() => onOpen(place)}
    >
      <ItemPicture item={item} media={stays && item ? picture(item.index) : null} width={width} />
      <div className="row spread tile-words">
        <span className="clip" title={item?.id} dir="auto">
          {item?.id}
        </span>
        <span className="quiet numeric">{item?.shapes.length}</span>
      </div>
    </div>
  );
}
