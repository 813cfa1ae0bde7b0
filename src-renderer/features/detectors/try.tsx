import { X } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { DetectedPicture, DetectorView } from '../../../src-main/contract/index.ts';
import { chooseFolder } from '../../app/choose-folder.ts';
import { useSession } from '../../state/session.ts';
import { classColour } from '../../ui/class-colour.ts';
import { count, formatSize } from '../../ui/format.ts';
import { type DrawnShape, Overlay } from '../../ui/overlay.tsx';
import { Button, Field, IconButton, Range, Select } from '../../ui/parts.tsx';
import { useRoom } from '../../ui/room.ts';
import { Measure } from './measure.tsx';
import {
  addPictures,
  changeOverlap,
  changePrecision,
  choosePictures,
  leastScore,
  removePicture,
  show,
  toggleClass,
  useDetectors,
} from './state.ts';

/** Ultralytics, too, draws only points that it is this sure of. */
const surePoint = 0.5;

interface TryProps {
  readonly detector: DetectorView;
  readonly onOther: () => void;
}

/** Pictures, what was found in them, and how sure the detector must be. */
export function Try({ detector, onOther }: TryProps) {
  const { pictures, shown, found, confidence, hidden } = useDetectors();
  const [marked, setMarked] = useState<number | null>(null);
  const outcome = shown === null ? undefined : found.get(shown);
  const boxes = useMemo(
    () =>
      outcome && 'boxes' in outcome
        ? outcome.boxes.filter(({ score, label }) => score >= confidence && !hidden.has(label))
        : [],
    [outcome, confidence, hidden],
  );
  const shapes = useMemo(
    () =>
      boxes.map(({ label, score, rings, points, box: [x, y, width, height] }): DrawnShape => {
        const [right, bottom] = [x + width, y + height];
        const isOutlined = detector.task === 'segment' && rings.length > 0;
        const seen = points.map((point) => (point.score >= surePoint ? point : null));
        return {
          type: isOutlined ? 'mask' : points.length > 0 ? 'points' : 'box',
          label,
          rings: rings.length > 0 ? rings : [[x, y, right, y, right, bottom, x, bottom]],
          points: seen.flatMap((point) => (point ? [point.x, point.y] : [])),
          lines: detector.skeleton.flatMap(([from, to]) => {
            const [one, other] = [seen[from], seen[to]];
            return one && other ? [[one.x, one.y, other.x, other.y]] : [];
          }),
          caption: `${detector.classes[label] ?? label} ${Math.round(100 * score)} %`,
          ...(isOutlined ? { captionAt: [x, y] as const } : {}),
        };
      }),
    [boxes, detector],
  );
  const nameOf = (label: number): string => detector.classes[label] ?? `class ${label}`;
  return (
    <div className="detect">
      <Pictures />
      <div className="detect-stage">
        {shown === null ? (
          <div className="detect-hint">
            <p>Drop pictures here to see what it finds.</p>
            <AddPictures primary />
          </div>
        ) : outcome && 'code' in outcome ? (
          <div className="detect-hint" role="alert">
            <p className="state-failed">{outcome.message}</p>
            {outcome.hint && <p className="quiet">{outcome.hint}</p>}
          </div>
        ) : (
          <Stage
            id={shown}
            name={pictures.find(({ id }) => id === shown)?.name ?? ''}
            outcome={outcome}
            shapes={shapes}
            marked={marked}
          />
        )}
      </div>
      <aside className="detect-side" aria-label="Detector">
        <header>
          <h1 className="clip" title={detector.location} dir="auto">
            {detector.name}
          </h1>
          <p className="quiet numeric">
            {[
              detector.task,
              formatSize(detector),
              count(detector.classes.length, 'class', 'classes'),
              detector.device,
            ]
              .filter(Boolean)
              .join(', ')}
          </p>
          <Button onClick={onOther}>Another detector</Button>
        </header>
        {detector.task !== 'classify' && <Thresholds />}
        <PrecisionField />
        <section aria-label="Found">
          <h2>
            <span role="status">
              {outcome && 'boxes' in outcome
                ? `${said(outcome, boxes.length, nameOf)} in ${Math.round(outcome.milliseconds)} ms`
                : shown === null || outcome
                  ? 'Nothing looked at yet'
                  : 'Looking'}
            </span>
          </h2>
          {outcome && 'boxes' in outcome && outcome.labels && (
            <Labels labels={outcome.labels} nameOf={nameOf} />
          )}
          {outcome && 'boxes' in outcome && <Classes outcome={outcome} nameOf={nameOf} />}
          <ol className="plain detect-boxes">
            {boxes.slice(0, 100).map(({ label, score }, index) => (
              // Boxes have no names of their own; their place is what they are.
              // biome-ignore lint/suspicious/noArrayIndexKey: see above.
              <li key={index} onPointerEnter={() => setMarked(index)} onPointerLeave={() => setMarked(null)}>
                <span className="swatch" style={{ background: classColour(label) }} aria-hidden />
                <span className="clip">{nameOf(label)}</span>
                <span className="numeric quiet">{`${Math.round(100 * score)} %`}</span>
              </li>
            ))}
          </ol>
        </section>
        <Measure />
      </aside>
    </div>
  );
}

type Labelled = NonNullable<DetectedPicture['labels']>;

/** What was found, in a word or two. */
function said({ labels }: DetectedPicture, boxes: number, nameOf: (label: number) => string): string {
  const [best] = labels ?? [];
  return best ? nameOf(best.label) : count(boxes, 'object');
}

/** What the whole picture may be, the likeliest first. */
function Labels({
  labels,
  nameOf,
}: {
  readonly labels: Labelled;
  readonly nameOf: (label: number) => string;
}) {
  return (
    <ol className="plain detect-labels">
      {labels.slice(0, 5).map(({ label, score }) => (
        <li key={label}>
          <span className="clip">{nameOf(label)}</span>
          <span className="numeric quiet">{`${(100 * score).toFixed(1)} %`}</span>
          <span className="detect-share" aria-hidden>
            <span style={{ width: `${100 * score}%`, background: classColour(label) }} />
          </span>
        </li>
      ))}
    </ol>
  );
}

function AddPictures({ primary = false }: { readonly primary?: boolean }) {
  const native = useSession((state) => state.shell?.native ?? true);
  return (
    <div className="row wrap">
      <Button {...(primary ? { kind: 'primary' as const } : {})} onClick={() => void choosePictures()}>
        Add pictures
      </Button>
      {!native && (
        <Button onClick={() => void chooseFolder('folder', (admitted) => void addPictures(admitted))}>
          From the server
        </Button>
      )}
    </div>
  );
}

/** The list at the left; arrows go through it. */
function Pictures() {
  const { pictures, shown } = useDetectors();
  const bridge = useSession((state) => state.connection?.bridge);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if ((event.target as HTMLElement).closest('input, select, textarea, dialog')) return;
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      const { pictures: all, shown: now } = useDetectors.getState();
      const next = all[all.findIndex(({ id }) => id === now) + step];
      if (!next) return;
      event.preventDefault();
      void show(next.id);
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
  return (
    <nav className="detect-list" aria-label="Pictures">
      <ul className="plain">
        {pictures.map(({ id, name }) => (
          <li key={id} className={id === shown ? 'detect-row now' : 'detect-row'}>
            <button type="button" aria-current={id === shown} onClick={() => void show(id)}>
              <img
                src={bridge?.mediaUrl({ jobId: `file-${id}`, variant: 'thumbnail' })}
                alt=""
                loading="lazy"
                draggable={false}
              />
              <span className="clip" dir="auto" title={name}>
                {name}
              </span>
            </button>
            <IconButton label={`Take out ${name}`} onClick={() => removePicture(id)}>
              <X size={14} />
            </IconButton>
          </li>
        ))}
      </ul>
      {pictures.length > 0 ? <AddPictures /> : <p className="quiet">No pictures yet</p>}
    </nav>
  );
}

interface StageProps {
  readonly id: string;
  readonly name: string;
  readonly outcome: DetectedPicture | undefined;
  readonly shapes: readonly DrawnShape[];
  readonly marked: number | null;
}

/** The picture as large as there is room, with boxes over it. */
function Stage({ id, name, outcome, shapes, marked }: StageProps) {
  const bridge = useSession((state) => state.connection?.bridge);
  const [box, room] = useRoom<HTMLDivElement>();
  const [natural, setNatural] = useState<{ width: number; height: number } | null>(null);
  const size = outcome ?? natural;
  const fit = size ? Math.min((room.width - 24) / size.width, (room.height - 24) / size.height, 8) : 1;
  return (
    <div ref={box} className="detect-picture">
      <img
        key={id}
        src={bridge?.mediaUrl({ jobId: `file-${id}`, variant: 'input' })}
        alt={name}
        draggable={false}
        style={size ? { width: size.width * fit, height: size.height * fit } : undefined}
        onLoad={({ currentTarget }) =>
          setNatural({ width: currentTarget.naturalWidth, height: currentTarget.naturalHeight })
        }
      />
      {size && (
        <Overlay
          shapes={shapes}
          size={size}
          width={size.width * fit}
          height={size.height * fit}
          marked={marked}
        />
      )}
    </div>
  );
}

function Thresholds() {
  const { confidence, overlap } = useDetectors();
  return (
    <>
      <Field label={`At least ${Math.round(100 * confidence)} % sure`}>
        {(id) => (
          <Range
            id={id}
            value={confidence}
            least={leastScore}
            most={0.95}
            step={0.01}
            onChange={(next) => useDetectors.setState({ confidence: next })}
          />
        )}
      </Field>
      <Field
        label={`One object from ${Math.round(100 * overlap)} % overlap on`}
        hint="Lower it where objects are found twice."
      >
        {(id) => (
          <Range
            id={id}
            value={overlap}
            least={0.1}
            most={0.95}
            step={0.05}
            onChange={(next) => void changeOverlap(next)}
          />
        )}
      </Field>
    </>
  );
}

/** Figures that are to be compared are computed alike everywhere; a picture is looked at faster as the device likes it. */
function PrecisionField() {
  const precision = useDetectors((state) => state.precision);
  return (
    <Field label="Precision">
      {(id) => (
        <Select
          id={id}
          value={precision}
          options={[
            ['f32', '32 bits, the same everywhere'],
            ['auto', 'What the device is fastest in'],
          ]}
          onChange={(next) => void changePrecision(next)}
        />
      )}
    </Field>
  );
}

interface ClassesProps {
  readonly outcome: DetectedPicture;
  readonly nameOf: (label: number) => string;
}

/** How many there are of each class; a click hides one. */
function Classes({ outcome, nameOf }: ClassesProps) {
  const { confidence, hidden } = useDetectors();
  const counts = new Map<number, number>();
  for (const { label, score } of outcome.boxes) {
    if (score >= confidence) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return (
    <div className="row wrap">
      {[...counts].map(([label, times]) => (
        <button
          key={label}
          type="button"
          className="detect-class"
          aria-pressed={!hidden.has(label)}
          onClick={() => toggleClass(label)}
        >
          <span className="swatch" style={{ background: classColour(label) }} aria-hidden />
          {nameOf(label)} <span className="numeric quiet">{times}</span>
        </button>
      ))}
    </div>
  );
}
