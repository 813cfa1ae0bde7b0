import { Ellipsis } from 'lucide-react';
import type { AnnotationKind, DatasetStep } from '../../../src-main/contract/index.ts';
import { DropdownMenu } from '../../ui/menu.tsx';
import { IconButton } from '../../ui/parts.tsx';
import { changeSteps, useWizard } from './state.ts';
import { kindWords } from './words.ts';

/** Transforms that make something else of annotations, with what they make. */
const conversions: ReadonlyArray<readonly [from: readonly AnnotationKind[], name: string, what: string]> = [
  [['mask'], 'masks_to_polygons', 'outlines'],
  [['box', 'rotated_box'], 'boxes_to_polygons', 'outlines'],
  [['polygon', 'ellipse'], 'polygons_to_masks', 'masks'],
  [['box', 'rotated_box'], 'boxes_to_masks', 'masks'],
  [['mask', 'polygon', 'polyline', 'points', 'ellipse', 'rotated_box'], 'shapes_to_boxes', 'boxes'],
];

/** What can be made of one kind of annotation before it is written: steps of Shape, which shows and undoes them. */
export function FateMenu({ kind }: { readonly kind: AnnotationKind }) {
  const { steps, plan } = useWizard();
  const choices = plan?.choices ?? [];
  const words = kindWords[kind].toLowerCase();
  const add = (step: DatasetStep, said: string) => (): void => changeSteps([...steps, step], said);
  const items = conversions.flatMap(([from, name, what]) => {
    if (!from.includes(kind)) return [];
    const others = from.filter((other) => other !== kind).map((other) => kindWords[other].toLowerCase());
    const also = others.length > 0 ? ` (and ${others.join(', ')})` : '';
    return [{ name, label: `Make them ${what}${also}`, what }];
  });
  // What the engine knows to keep something of what would be dropped.
  for (const { type, step, becomes } of choices) {
    const what = kindWords[becomes].toLowerCase();
    if (type !== kind || items.some(({ name }) => name === step.name)) continue;
    items.push({ name: step.name, label: `Make all annotations ${what}`, what });
  }
  const made = items.map(({ name, label, what }) => ({
    label,
    run: add({ name, options: {} }, `${kindWords[kind]} become ${what} before they are written`),
  }));
  const leaveOut = {
    label: 'Leave them out',
    run: add(
      { name: 'filter', options: { annotations: `type != "${kind}"` } },
      `${kindWords[kind]} are left out`,
    ),
  };
  return (
    <DropdownMenu items={made.length > 0 ? [...made, 'line', leaveOut] : [leaveOut]}>
      <IconButton label={`What becomes of ${words}`}>
        <Ellipsis size={16} />
      </IconButton>
    </DropdownMenu>
  );
}
