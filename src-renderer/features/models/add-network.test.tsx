import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ImageInterface, RefineryError } from '../../../src-main/contract/index.ts';
import { useSession } from '../../state/session.ts';
import type { Connection } from '../../transport/client.ts';
import { AddNetwork } from './add-network.tsx';

const works = { scale: 4, channels: 'RGB', inputRange: 1, outputRange: 1, overlap: 8 } as ImageInterface;

let root: Root;
let added: unknown[];
const onClose = vi.fn();

beforeEach(async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  added = [];
  const call = async (name: string, input: { assume?: ImageInterface }): Promise<unknown> => {
    if (name === 'models.addCustom') {
      added.push(input);
      return { entry: { name: 'Doubles' } };
    }
    if (input.assume && input.assume.scale !== works.scale) {
      throw new RefineryError('MODEL_NOT_AN_IMAGE_NETWORK', 'It enlarges otherwise.');
    }
    return { id: 'custom-1', name: 'net', interface: works, reasons: [], reference: '', preview: '' };
  };
  useSession.setState({ connection: { engine: { call } } as unknown as Connection });
  root = createRoot(document.body.appendChild(document.createElement('div')));
  const handle = { id: 'h', name: 'net.onnx', location: '~', kind: 'file', size: 1 } as const;
  await act(async () => root.render(<AddNetwork handle={handle} onClose={onClose} />));
});
afterEach(() => {
  act(() => root.unmount());
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

const enlarges = () => document.querySelector<HTMLSelectElement>('.guess-fields select')!;
const choose = (value: string) =>
  act(async () => {
    enlarges().value = value;
    enlarges().dispatchEvent(new Event('change', { bubbles: true }));
  });
const alert = () => document.querySelector('[role="alert"]')?.textContent;
const add = () => document.querySelector<HTMLButtonElement>('button[type="submit"]')!;

test('a wrong answer stays in its field with what is wrong; back at the right one, the network can be added', async () => {
  await choose('2');
  expect(alert()).toContain('It enlarges otherwise.');
  expect(enlarges().value).toBe('2');
  expect(add().disabled).toBe(true);
  await choose('4');
  expect(alert()).toBeUndefined();
  expect(add().disabled).toBe(false);
});

test('Enter adds, but for what does not work', async () => {
  const enter = () => act(async () => document.querySelector('form')!.requestSubmit());
  await choose('2');
  await enter();
  expect(added).toEqual([]);
  await choose('4');
  await enter();
  expect(added).toEqual([{ handle: 'h', name: 'net', interface: works }]);
  expect(onClose).toHaveBeenCalledOnce();
});
