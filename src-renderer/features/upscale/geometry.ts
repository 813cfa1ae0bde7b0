/** Where a picture lies in its field. Pure, so that every view, key and pointer shares one arithmetic. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** How a field is cut into equal panes. */
export interface Panes {
  readonly columns: number;
  readonly rows: number;
}

export const onePane: Panes = { columns: 1, rows: 1 };

/** How much larger pictures must be to lie one below the other, where they are looked for beside each other. */
const muchLarger = 1.5;

/** Two panes beside each other or, where a picture is much larger so, one below the other. */
export function besideOrBelow(field: Size, picture: Size): Panes {
  const zoomIn = ({ columns, rows }: Panes): number =>
    Math.min(field.width / columns / picture.width, field.height / rows / picture.height);
  const [beside, below] = [
    { columns: 2, rows: 1 },
    { columns: 1, rows: 2 },
  ];
  return zoomIn(below) > muchLarger * zoomIn(beside) ? below : beside;
}

/**
 * What a person looks at. `zoom` is screen pixels for one pixel of the picture, or `fit`; `center` the point of the
 * picture in the middle of the field, in parts of its sides, 0..1.
 */
export interface View {
  readonly zoom: number | 'fit';
  readonly center: Point;
}

export interface Placement extends Size {
  readonly left: number;
  readonly top: number;
  readonly zoom: number;
}

export const zoomLimits = { least: 0.1, most: 16 } as const;

/** Zooms that the plus and minus keys stop at. */
const stops = [0.1, 0.125, 0.167, 0.25, 0.333, 0.5, 0.667, 1, 1.5, 2, 3, 4, 6, 8, 12, 16];

/** Air around a picture that fits, in pixels. */
const margin = 16;

export const fitted: View = { zoom: 'fit', center: { x: 0.5, y: 0.5 } };

const between = (least: number, value: number, most: number): number =>
  Math.min(most, Math.max(least, value));

/** The zoom that shows the whole picture; small ones grow four times at most. */
export function fitZoom(picture: Size, field: Size): number {
  const width = Math.max(1, field.width - 2 * margin);
  const height = Math.max(1, field.height - 2 * margin);
  return Math.min(4, width / picture.width, height / picture.height);
}

export function zoomOf(view: View, picture: Size, field: Size): number {
  return view.zoom === 'fit' ? fitZoom(picture, field) : view.zoom;
}

/** The picture's rectangle in the field, in pixels. A side that fits is centred; one that doesn't leaves no gap. */
export function place(view: View, picture: Size, field: Size): Placement {
  const zoom = zoomOf(view, picture, field);
  const width = picture.width * zoom;
  const height = picture.height * zoom;
  return {
    width,
    height,
    zoom,
    left: offset(width, field.width, view.center.x),
    top: offset(height, field.height, view.center.y),
  };
}

function offset(length: number, room: number, center: number): number {
  if (length <= room) return (room - length) / 2;
  return between(room - length, room / 2 - length * center, 0);
}

/** Zooms so that the point of the picture under `at`, in pixels of the field, stays under it. */
export function zoomAt(view: View, picture: Size, field: Size, zoom: number, at: Point): View {
  const before = place(view, picture, field);
  const next = between(zoomLimits.least, zoom, zoomLimits.most);
  const x = (at.x - before.left) / before.width;
  const y = (at.y - before.top) / before.height;
  return {
    zoom: next,
    center: {
      x: between(0, x + (field.width / 2 - at.x) / (picture.width * next), 1),
      y: between(0, y + (field.height / 2 - at.y) / (picture.height * next), 1),
    },
  };
}

/** The next stop above or below the present zoom, about the middle of the field. */
export function zoomStep(view: View, picture: Size, field: Size, direction: 1 | -1): View {
  const zoom = zoomOf(view, picture, field);
  const near = 1 + 1e-3;
  const next =
    direction > 0 ? stops.find((stop) => stop > zoom * near) : stops.findLast((stop) => stop * near < zoom);
  const middle = { x: field.width / 2, y: field.height / 2 };
  return zoomAt(view, picture, field, next ?? (direction > 0 ? zoomLimits.most : zoomLimits.least), middle);
}

/** Moves the picture by pixels of the screen. */
export function panBy(view: View, picture: Size, field: Size, by: Point): View {
  const { left, top, width, height, zoom } = place(view, picture, field);
  if (width <= field.width && height <= field.height) return view;
  const center = (start: number, length: number, room: number, step: number): number =>
    length <= room ? 0.5 : (room / 2 - between(room - length, start + step, 0)) / length;
  return {
    zoom,
    center: {
      x: center(left, width, field.width, by.x),
      y: center(top, height, field.height, by.y),
    },
  };
}
