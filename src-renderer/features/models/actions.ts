import type { Action } from '../../app/page-type.ts';
import { useModels } from '../../state/models.ts';
import { act } from '../../state/session.ts';
import { formatBytes } from '../../ui/format.ts';
import { chooseDiffusion, chooseNetwork, dismissConversion, removeModel } from './state.ts';

export const actions = (): readonly Action[] => {
  const { models, conversion } = useModels.getState();
  const isConverting = conversion?.state === 'running';
  return [
    { id: 'add', title: 'Add a network', words: 'model IR ONNX', run: () => void chooseNetwork() },
    {
      id: 'addDiffusion',
      title: 'Add a diffusion model, or convert a checkpoint',
      unavailable: isConverting && 'A conversion runs',
      run: chooseDiffusion,
    },
    ...(isConverting
      ? [
          {
            id: 'cancelConversion',
            title: `Cancel the conversion of ${conversion.name}`,
            run: () => void act('models.cancelConversion', {}),
          },
        ]
      : []),
    ...(conversion && !isConverting
      ? [{ id: 'dismiss', title: `Dismiss the conversion of ${conversion.name}`, run: dismissConversion }]
      : []),
    ...models.flatMap(({ entry, status }): Action[] => {
      const { id, name, source } = entry;
      const bytes = entry.files.reduce((sum, file) => sum + file.bytes, 0);
      const isHere = status.state === 'ready' || status.state === 'broken';
      return [
        ...(status.state === 'absent' || (status.state === 'broken' && source === 'download')
          ? [
              {
                id: `download ${id}`,
                title: `Download ${name}, ${formatBytes(bytes)}`,
                run: () => void act('models.download', { id }),
              },
            ]
          : []),
        ...(status.state === 'downloading'
          ? [
              {
                id: `cancel ${id}`,
                title: `Cancel the download of ${name}`,
                run: () => void act('models.cancelDownload', { id }),
              },
            ]
          : []),
        ...(source !== 'embedded' && isHere
          ? [{ id: `remove ${id}`, title: `Remove ${name}`, run: () => void removeModel(id, name) }]
          : []),
      ];
    }),
  ];
};
