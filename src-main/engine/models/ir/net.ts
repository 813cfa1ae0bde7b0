import { child, type IrElement } from './document.ts';

/** A network's layers and edges, to be looked at and rewired. */
export class IrNet {
  readonly #layers: ReadonlyMap<string, IrElement>;
  readonly #edges: readonly IrElement[];

  /** @throws {Error} when the document has no layers. */
  constructor(net: IrElement) {
    const layers = child(net, 'layers');
    const edges = child(net, 'edges');
    if (!layers || !edges) throw new Error('The IR has no layers.');
    this.#layers = new Map(layers.children.map((layer) => [layer.attributes['id']!, layer]));
    this.#edges = edges.children;
  }

  get layers(): IrElement[] {
    return [...this.#layers.values()];
  }

  get edges(): readonly IrElement[] {
    return this.#edges;
  }

  ofType(type: string): IrElement[] {
    return this.layers.filter(({ attributes }) => attributes['type'] === type);
  }

  /** The operation of a layer. */
  typeOf(id: string): string | undefined {
    return this.#layers.get(id)?.attributes['type'];
  }

  /** What feeds the inputs of a layer, in the order of its ports. */
  inputs(layer: IrElement): Array<{ readonly layer: IrElement; readonly edge: IrElement }> {
    return this.#edges
      .filter(({ attributes }) => attributes['to-layer'] === layer.attributes['id'])
      .sort((a, b) => Number(a.attributes['to-port']) - Number(b.attributes['to-port']))
      .flatMap((edge) => {
        const from = this.#layers.get(edge.attributes['from-layer'] ?? '');
        return from ? [{ layer: from, edge }] : [];
      });
  }

  /** Edges that leave a layer. */
  outputs(layer: IrElement): IrElement[] {
    return this.#edges.filter(({ attributes }) => attributes['from-layer'] === layer.attributes['id']);
  }
}

/** An attribute of a layer's operation. */
export const dataOf = (layer: IrElement, name: string): string | undefined =>
  child(layer, 'data')?.attributes[name];

/** The dimensions that a constant or a parameter names. */
export const shapeOf = (layer: IrElement): number[] =>
  (dataOf(layer, 'shape') ?? '')
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number);
