import { ContextMenu as Context, DropdownMenu as Dropdown } from 'radix-ui';
import type { ReactNode } from 'react';

/** Menus open inside of the page's landmark, so that a screen reader's user does not leave it. */
const landmark = (): HTMLElement | null => document.querySelector('main');

interface MenuItem {
  readonly label: string;
  readonly shortcut?: string;
  readonly disabled?: boolean;
  readonly run: () => void;
}

export type MenuItems = ReadonlyArray<MenuItem | 'line'>;

interface MenuProps {
  readonly items: MenuItems;
  /** What opens the menu. It must be one element that takes a ref. */
  readonly children: ReactNode;
}

/** The menu of the right button, and of the menu key. */
export function ContextMenu({ items, children }: MenuProps) {
  return (
    <Context.Root modal={false}>
      <Context.Trigger asChild>{children}</Context.Trigger>
      <Context.Portal container={landmark()}>
        <Context.Content className="menu" collisionPadding={8}>
          <Items items={items} parts={Context} />
        </Context.Content>
      </Context.Portal>
    </Context.Root>
  );
}

/** A menu below the button that opens it. */
export function DropdownMenu({ items, children }: MenuProps) {
  return (
    <Dropdown.Root modal={false}>
      <Dropdown.Trigger asChild>{children}</Dropdown.Trigger>
      <Dropdown.Portal container={landmark()}>
        <Dropdown.Content className="menu" align="end" sideOffset={4} collisionPadding={8}>
          <Items items={items} parts={Dropdown} />
        </Dropdown.Content>
      </Dropdown.Portal>
    </Dropdown.Root>
  );
}

interface ItemsProps {
  readonly items: MenuItems;
  readonly parts: Pick<typeof Context, 'Item' | 'Separator'> | Pick<typeof Dropdown, 'Item' | 'Separator'>;
}

function Items({ items, parts: { Item, Separator } }: ItemsProps) {
  return items.map((item, index) =>
    item === 'line' ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity and never move.
      <Separator key={index} className="menu-line" />
    ) : (
      <Item key={item.label} className="menu-item" disabled={item.disabled ?? false} onSelect={item.run}>
        <span className="clip" title={item.label.length > 40 ? item.label : undefined}>
          {item.label}
        </span>
        {item.shortcut && <span className="kbd">{item.shortcut}</span>}
      </Item>
    ),
  );
}
