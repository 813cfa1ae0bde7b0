import { hull } from '../convert.ts';
import { boxOverlap, maskOverlap } from '../masks.ts';
import type { Annotation, Box } from '../model/index.ts';

/** One thing, as several people saw it. */
interface Cluster {
  readonly members: { readonly set: number; readonly annotation: Annotation }[];
}

/**
 * What enough sets agree on. Shapes of one type that overlap enough are one thing, each set's at most once, the best
 * fitting first; its class is the one that most of them give, its shape that of the member nearest to their mean.
 *
 * @param conflict is told what was left out, and where the class was a matter of votes.
 */
export function vote(
  copies: readonly { readonly set: number; readonly annotations: readonly Annotation[] }[],
  overlap: number,
  quorum: number,
  conflict: (place: string, reason: string) => void,
): Annotation[] {
  const clusters: Cluster[] = [];
  for (const { set, annotations } of copies) {
    const open = clusters.map((cluster) => cluster);
    const pairs = annotations.flatMap((annotation, index) =>
      open.flatMap((cluster) => {
        const fit = likeness(cluster.members[0]!.annotation, annotation);
        return fit >= overlap ? [{ index, cluster, fit }] : [];
      }),
    );
    const placed = new Set<number>();
    const full = new Set<Cluster>();
    for (const { index, cluster } of pairs.sort((one, other) => other.fit - one.fit)) {
      if (placed.has(index) || full.has(cluster)) continue;
      placed.add(index);
      full.add(cluster);
      cluster.members.push({ set, annotation: annotations[index]! });
    }
    for (const [index, annotation] of annotations.entries()) {
      if (!placed.has(index)) clusters.push({ members: [{ set, annotation }] });
    }
  }
  return clusters.flatMap((cluster) => {
    const { annotation, set } = cluster.members[0]!;
    const place = `${annotation.type} ${annotation.id} of set ${set + 1}`;
    if (cluster.members.length < quorum) {
      conflict(
        place,
        `left out: in ${cluster.members.length} of ${copies.length} sets, ${quorum} are needed`,
      );
      return [];
    }
    return elected(cluster, quorum, (reason) => conflict(place, reason));
  });
}

function elected({ members }: Cluster, quorum: number, conflict: (reason: string) => void): Annotation[] {
  const votes = new Map<number | null, number>();
  for (const { annotation } of members) {
    const label = 'label' in annotation ? annotation.label : null;
    votes.set(label, (votes.get(label) ?? 0) + 1);
  }
  const [label, count] = [...votes].reduce((best, entry) => (entry[1] > best[1] ? entry : best));
  if (votes.size > 1) {
    conflict(
      count >= quorum
        ? 'the sets give it different classes; most votes count'
        : 'left out: no class has enough votes',
    );
    if (count < quorum) return [];
  }
  const mean = meanBox(members.map(({ annotation }) => annotation));
  const nearness = members.map(({ annotation }) => {
    const bounds = hull(annotation);
    return mean === null || bounds === null ? 0 : boxOverlap(mean, bounds);
  });
  const { annotation } = members[nearness.indexOf(Math.max(...nearness))]!;
  return 'label' in annotation && label !== null ? [{ ...annotation, label }] : [annotation];
}

/** The mean of the boxes around some shapes: as in Datumaro, the shape that is nearest to it is taken. */
function meanBox(shapes: readonly Annotation[]): Pick<Box, 'x' | 'y' | 'width' | 'height'> | null {
  const boxes = shapes.map(hull).filter((box) => box !== null);
  if (boxes.length === 0) return null;
  const mean = (name: 'x' | 'y' | 'width' | 'height'): number =>
    boxes.reduce((sum, box) => sum + box[name], 0) / boxes.length;
  return { x: mean('x'), y: mean('y'), width: mean('width'), height: mean('height') };
}

/** From 0 for two things to 1 for the same. */
function likeness(one: Annotation, other: Annotation): number {
  if (one.type !== other.type) return 0;
  if (one.type === 'label' && other.type === 'label') return one.label === other.label ? 1 : 0;
  if (one.type === 'caption' && other.type === 'caption') return one.text === other.text ? 1 : 0;
  if (one.type === 'mask' && other.type === 'mask') {
    return one.width === other.width && one.height === other.height
      ? maskOverlap(one.counts, other.counts)
      : 0;
  }
  const [a, b] = [hull(one), hull(other)] as const;
  return a === null || b === null ? 0 : boxOverlap(a, b);
}
