import { toCsv } from './chart-data.ts';

/** {@link saveFile} for rows, see `toCsv`. */
export const saveCsv = (name: string, rows: Parameters<typeof toCsv>[0]): void =>
  saveFile(`${name}.csv`, new Blob([toCsv(rows)], { type: 'text/csv' }));

export const saveSvg = (name: string, svg: string): void =>
  saveFile(`${name}.svg`, new Blob([svg], { type: 'image/svg+xml' }));

/**
 * A drawing as a PNG of twice its size, so that it is sharp in print.
 *
 * @param ground what lies behind it; nothing where the drawing brings its own.
 */
export async function savePng(name: string, svg: string, ground?: string): Promise<void> {
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const picture = new Image();
    picture.src = address;
    await picture.decode();
    const canvas = document.createElement('canvas');
    canvas.width = picture.naturalWidth * 2;
    canvas.height = picture.naturalHeight * 2;
    const ctx = canvas.getContext('2d');
    if (!ctx) throw new Error('There is no drawing here.');
    if (ground !== undefined) {
      ctx.fillStyle = ground;
      ctx.fillRect(0, 0, canvas.width, canvas.height);
    }
    ctx.drawImage(picture, 0, 0, canvas.width, canvas.height);
    saveFile(`${name}.png`, await pngOf(canvas));
  } finally {
    URL.revokeObjectURL(address);
  }
}

export const pngOf = (canvas: HTMLCanvasElement): Promise<Blob> =>
  new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The picture could not be made.'))));
  });

/** Hands something to the person as a file, the way a browser saves. */
export function saveFile(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
