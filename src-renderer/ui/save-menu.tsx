import { Ellipsis } from 'lucide-react';
import { DropdownMenu, type MenuItems } from './menu.tsx';
import { IconButton } from './parts.tsx';

interface SaveMenuProps {
  /** Of the figure. */
  readonly title: string;
  readonly items: MenuItems;
}

/** The kinds of files that a figure can be saved as, behind three dots. */
export function SaveMenu({ title, items }: SaveMenuProps) {
  return (
    <DropdownMenu items={items}>
      <IconButton label={`Save ${title}`}>
        <Ellipsis size={14} />
      </IconButton>
    </DropdownMenu>
  );
}

interface Ways {
  readonly png?: () => unknown;
  readonly svg?: () => unknown;
  readonly csv: () => unknown;
}

/** Items of such a menu, in the order that all figures have. */
export const saveItems = ({ png, svg, csv }: Ways): MenuItems =>
  [['PNG', png] as const, ['SVG', svg] as const, ['CSV', csv] as const].flatMap(([kind, run]) =>
    run ? [{ label: `Save as ${kind}`, run: () => void run() }] : [],
  );
