import { type Annotation, type Item, noAttributes } from '../../model/index.ts';
import { splitByNumber } from '../coco/panoptic.ts';
import { InnerPictures, pngOf } from '../common/pictures.ts';
import { plainShape } from '../common/read.ts';

/** A volume's numbers: x goes fastest, then y, then z. */
export interface Volume {
  readonly width: number;
  readonly height: number;
  readonly slices: number;
  readonly at: (index: number) => number;
}

/** A volume that is shown, with what its slices are to be called. */
export interface ShownVolume {
  readonly id: string;
  readonly subset: string;
  /** Its file. */
  readonly path: string;
  readonly volume: Volume;
  /** Each voxel's class; 0 is where nothing is. */
  readonly numbers: Volume | null;
  /** The file of the classes, for what is told of it. */
  readonly masks: string;
  /** How many classes there are. */
  readonly classes: number;
  readonly complain: (reason: string, of?: string) => void;
}

/** Each slice as an item: a picture in shades from the volume's least to its greatest value, and a mask for each class. */
export async function* slicesOf({
  id: name,
  subset,
  path: file,
  volume,
  numbers,
  masks,
  classes,
  complain,
}: ShownVolume): AsyncGenerator<Item> {
  const { width, height, slices } = volume;
  const fits = numbers?.width === width && numbers.height === height && numbers.slices === slices;
  if (numbers !== null && !fits) complain('the volume of the classes is of another size', masks);
  const pictures = new InnerPictures(file);
  const shades = shadesOf(volume);
  for (let slice = 0; slice < slices; slice += 1) {
    const id = `${name}/${String(slice).padStart(3, '0')}`;
    const path = await pictures.at(`${id}.png`, () => pngOf(shades(slice), { width, height }, 1));
    const annotations = fits ? masksOf(numbers, slice, classes, complain) : [];
    const attributes = new Map([['slice', slice]]);
    yield { id, subset, media: { kind: 'image', path, size: { width, height } }, attributes, annotations };
  }
}

/** A mask for each class of a slice; 0 is where nothing is. */
function masksOf(
  { width, height, at }: Volume,
  slice: number,
  classes: number,
  complain: (reason: string) => void,
): Annotation[] {
  const values = Int32Array.from({ length: width * height }, (_, place) =>
    at(slice * width * height + place),
  );
  const annotations: Annotation[] = [];
  for (const [number, counts] of splitByNumber(values, width, height)) {
    if (number >= classes || number < 0) complain(`there is no class of the number ${number}`);
    else annotations.push({ ...plainShape(number, noAttributes), type: 'mask', width, height, counts });
  }
  return annotations;
}

function shadesOf({ width, height, slices, at }: Volume): (slice: number) => Uint8Array {
  const pixels = width * height;
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < pixels * slices; index += 1) {
    const value = at(index);
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  const scale = greatest > least ? 255 / (greatest - least) : 0;
  return (slice) =>
    Uint8Array.from({ length: pixels }, (_, place) =>
      Math.round((at(slice * pixels + place) - least) * scale),
    );
}

/** The classes' numbers, where nothing says their names. */
export async function namesByNumber(volumes: AsyncIterable<Volume>): Promise<string[]> {
  let highest = 0;
  for await (const { width, height, slices, at } of volumes) {
    for (let index = 0; index < width * height * slices; index += 1) highest = Math.max(highest, at(index));
  }
  return Array.from({ length: Math.min(highest, 255) + 1 }, (_, number) => String(number));
}
