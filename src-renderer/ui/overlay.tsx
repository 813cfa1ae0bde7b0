import { useEffect, useRef } from 'react';
import type { DatasetShape } from '../../src-main/contract/index.ts';
import { classColour } from './class-colour.ts';
import './overlay.css';

/** What is drawn of an annotation. */
export interface DrawnShape extends Pick<DatasetShape, 'type' | 'label' | 'rings' | 'points'> {
  /** Written above the shape: at the beginning of its first outline, unless it is told where. */
  readonly caption?: string;
  readonly captionAt?: readonly [x: number, y: number];
  /** Lines between points, x and y in turn. */
  readonly lines?: readonly (readonly number[])[];
}

interface OverlayProps {
  readonly shapes: readonly DrawnShape[];
  /** Pixels of the picture. */
  readonly size: { readonly width: number; readonly height: number };
  /** Pixels of the screen that the picture takes. */
  readonly width: number;
  readonly height: number;
  /** One that is pointed at: the others step back. */
  readonly marked?: number | null;
}

/** Draws annotations over a picture. */
export function Overlay({ shapes, size, width, height, marked = null }: OverlayProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    const ratio = window.devicePixelRatio || 1;
    element.width = Math.round(width * ratio);
    element.height = Math.round(height * ratio);
    const scaleX = (width * ratio) / size.width;
    const scaleY = (height * ratio) / size.height;
    context.clearRect(0, 0, element.width, element.height);
    for (const [index, shape] of shapes.entries()) {
      context.globalAlpha = marked === null || marked === index ? 1 : 0.2;
      draw(context, shape, scaleX, scaleY, ratio);
    }
  }, [shapes, size.width, size.height, width, height, marked]);
  return <canvas ref={canvas} className="overlay" style={{ width, height }} aria-hidden />;
}

/** A line with a dark edge, so that it is seen on an object of its own colour, too. */
function strokeSeen(context: CanvasRenderingContext2D, ratio: number): void {
  const { strokeStyle, lineWidth } = context;
  context.strokeStyle = 'rgb(0 0 0 / 0.4)';
  context.lineWidth = lineWidth + 2 * ratio;
  context.stroke();
  context.strokeStyle = strokeStyle;
  context.lineWidth = lineWidth;
  context.stroke();
}

function draw(
  context: CanvasRenderingContext2D,
  { type, label, rings, points, caption, captionAt, lines = [] }: DrawnShape,
  scaleX: number,
  scaleY: number,
  ratio: number,
): void {
  context.lineWidth = 1.5 * ratio;
  context.strokeStyle = classColour(label);
  context.fillStyle = classColour(label);
  context.beginPath();
  for (const ring of rings) {
    trace(context, ring, scaleX, scaleY);
    context.closePath();
  }
  strokeSeen(context, ratio);
  if (type === 'mask' || type === 'polygon') {
    const alpha = context.globalAlpha;
    context.globalAlpha = alpha * 0.3;
    // Holes stay clear.
    context.fill('evenodd');
    context.globalAlpha = alpha;
  }
  context.beginPath();
  for (const line of type === 'polyline' ? [points] : lines) trace(context, line, scaleX, scaleY);
  strokeSeen(context, ratio);
  context.beginPath();
  for (let at = 0; at + 1 < points.length && type === 'points'; at += 2) {
    const [x, y] = [points[at]! * scaleX, points[at + 1]! * scaleY];
    context.moveTo(x, y);
    context.arc(x, y, 3.5 * ratio, 0, 2 * Math.PI);
  }
  strokeSeen(context, ratio);
  context.fill();
  const [x, y] = captionAt ?? rings[0] ?? [];
  if (caption !== undefined && x !== undefined && y !== undefined) {
    write(context, caption, x * scaleX, y * scaleY, ratio);
  }
}

/** Words in the shape's colour at its upper left corner, above it where there is room. */
function write(
  context: CanvasRenderingContext2D,
  caption: string,
  x: number,
  y: number,
  ratio: number,
): void {
  const [padding, height] = [4 * ratio, 16 * ratio];
  context.font = `500 ${11 * ratio}px ${getComputedStyle(context.canvas).fontFamily}`;
  context.textBaseline = 'middle';
  const width = context.measureText(caption).width + 2 * padding;
  const left = Math.max(0, Math.min(x - 0.75 * ratio, context.canvas.width - width));
  const top = y >= height ? y - height : y;
  context.fillRect(left, top, width, height);
  // Class colours are light: black is read on all of them.
  context.fillStyle = '#000000';
  context.fillText(caption, left + padding, top + height / 2);
}

/** Adds a line to the path. */
function trace(
  context: CanvasRenderingContext2D,
  points: readonly number[],
  scaleX: number,
  scaleY: number,
): void {
  for (let at = 0; at + 1 < points.length; at += 2) {
    const [x, y] = [points[at]! * scaleX, points[at + 1]! * scaleY];
    if (at === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
}
