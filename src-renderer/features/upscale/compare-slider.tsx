import type { KeyboardEvent, PointerEvent } from 'react';
import { followPointer } from '../../ui/drag.ts';

interface CompareSliderProps {
  /** Left and right end of the visible picture, in pixels of the field. */
  readonly from: number;
  readonly to: number;
  /** Where it stands between them, 0..1. */
  readonly value: number;
  readonly disabled: boolean;
  readonly onChange: (value: number) => void;
}

const within = (value: number): number => Math.min(1, Math.max(0, value));

/** The line between before and after. */
export function CompareSlider({ from, to, value, disabled, onChange }: CompareSliderProps) {
  const press = (event: KeyboardEvent): void => {
    const step = event.shiftKey ? 0.1 : 0.01;
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: value - step,
      ArrowDown: value - step,
      ArrowRight: value + step,
      ArrowUp: value + step,
      PageDown: value - 0.1,
      PageUp: value + 0.1,
      Home: 0,
      End: 1,
    };
    const next = moves[event.key];
    if (next === undefined) return;
    event.preventDefault();
    onChange(within(next));
  };

  const drag = (event: PointerEvent<HTMLDivElement>): void => {
    if (disabled || event.button !== 0) return;
    event.stopPropagation();
    const handle = event.currentTarget;
    const field = handle.parentElement?.getBoundingClientRect();
    followPointer(handle, event.pointerId, (move) =>
      onChange(within((move.clientX - (field?.left ?? 0) - from) / Math.max(1, to - from))),
    );
  };

  const percent = Math.round(value * 100);
  return (
    <div
      className="compare"
      role="slider"
      tabIndex={0}
      aria-label="Compare"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={`${percent} % before, ${100 - percent} % after`}
      style={{ left: from + (to - from) * value }}
      onKeyDown={press}
      onPointerDown={drag}
      onDoubleClick={(event) => {
        event.stopPropagation();
        onChange(0.5);
      }}
    >
      <span className="compare-grip" aria-hidden />
    </div>
  );
}
