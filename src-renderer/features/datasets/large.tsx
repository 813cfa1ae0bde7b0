import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { DatasetItem } from '../../../src-main/contract/index.ts';
import { useSession } from '../../state/session.ts';
import { classColour } from '../../ui/class-colour.ts';
import { formatSize } from '../../ui/format.ts';
import { Overlay } from '../../ui/overlay.tsx';
import { Button, IconButton } from '../../ui/parts.tsx';
import { useRoom } from '../../ui/room.ts';
import type { Looked } from './looked.ts';
import { Values } from './values.tsx';
import { kindWords, madeLater, number } from './words.ts';

interface LargeProps {
  readonly looked: Looked;
  readonly item: DatasetItem | undefined;
  readonly place: number;
  readonly total: number;
  readonly onMove: (place: number) => void;
  readonly onClose: () => void;
}

/** One picture with every shape and attribute. */
export function Large({ looked, item, place, total, onMove, onClose }: LargeProps) {
  const bridge = useSession((state) => state.connection?.bridge);
  const [box, room] = useRoom<HTMLDivElement>();
  const [natural, setNatural] = useState<{ width: number; height: number } | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<number>>(new Set());
  const [marked, setMarked] = useState<number | null>(null);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another picture starts with all its shapes.
  useEffect(() => {
    setHidden(new Set());
    setMarked(null);
    setNatural(null);
  }, [item?.index]);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if ((event.target as HTMLElement).closest('input:not([type="checkbox"]), select, dialog')) return;
      if (event.key === 'Escape') onClose();
      else if (event.key === 'ArrowRight' && place + 1 < total) onMove(place + 1);
      else if (event.key === 'ArrowLeft' && place > 0) onMove(place - 1);
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [place, total, onMove, onClose]);

  const size = item?.size ?? natural;
  const fit = size ? Math.min((room.width - 24) / size.width, (room.height - 24) / size.height, 8) : 1;
  const shapes = item?.shapes ?? [];
  const nameOf = (label: number | null): string =>
    label === null ? '' : (looked.summary.labels[label]?.name ?? `class ${label}`);
  return (
    <div className="large">
      <div ref={box} className="large-picture">
        {item?.picture === 'none' && <span className="quiet">This item has no picture.</span>}
        {item?.picture === 'here' && (
          <img
            key={looked.picture(item.index)}
            src={bridge?.mediaUrl({ jobId: looked.picture(item.index), variant: 'input' })}
            alt={item.id}
            draggable={false}
            style={size ? { width: size.width * fit, height: size.height * fit } : undefined}
            onLoad={({ currentTarget }) =>
              setNatural({ width: currentTarget.naturalWidth, height: currentTarget.naturalHeight })
            }
          />
        )}
        {item && size && (
          <Overlay
            shapes={shapes.map((shape, index) =>
              hidden.has(index) ? { ...shape, rings: [], points: [] } : shape,
            )}
            size={size}
            width={size.width * fit}
            height={size.height * fit}
            marked={marked}
          />
        )}
      </div>
      <aside className="large-side" aria-label="Annotations">
        <div className="row spread">
          <Button onClick={onClose}>Back to all</Button>
          <div className="row">
            <IconButton label="Previous picture" disabled={place === 0} onClick={() => onMove(place - 1)}>
              <ChevronLeft size={16} />
            </IconButton>
            <span className="numeric quiet">
              {number(place + 1)} of {number(total)}
            </span>
            <IconButton label="Next picture" disabled={place + 1 >= total} onClick={() => onMove(place + 1)}>
              <ChevronRight size={16} />
            </IconButton>
          </div>
        </div>
        <h2 ref={title} className="clip" title={item?.id} dir="auto" tabIndex={-1}>
          {item?.id}
        </h2>
        <p className="quiet numeric">{[item?.subset, size && formatSize(size)].filter(Boolean).join(', ')}</p>
        {item?.picture === 'later' && <p className="quiet">{madeLater}</p>}
        {item && item.attributes.length > 0 && <Values of={item.attributes} />}
        {shapes.length === 0 && <p className="quiet">Nothing is annotated here.</p>}
        <ul className="plain shape-list">
          {shapes.map((shape, index) => (
            // Shapes have no names of their own; their place is what they are.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above.
            <li key={index} onPointerEnter={() => setMarked(index)} onPointerLeave={() => setMarked(null)}>
              <label className="check">
                <input
                  type="checkbox"
                  checked={!hidden.has(index)}
                  onFocus={() => setMarked(index)}
                  onBlur={() => setMarked(null)}
                  onChange={() => {
                    const next = new Set(hidden);
                    if (!next.delete(index)) next.add(index);
                    setHidden(next);
                  }}
                />
                <span className="swatch" style={{ background: classColour(shape.label) }} aria-hidden />
                <span>
                  {nameOf(shape.label)} <span className="quiet">{kindWords[shape.type].toLowerCase()}</span>
                </span>
              </label>
              {shape.text !== null && <p className="shape-text">{shape.text}</p>}
              {shape.attributes.length > 0 && <Values of={shape.attributes} />}
            </li>
          ))}
        </ul>
      </aside>
    </div>
  );
}
