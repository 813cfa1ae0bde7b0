import { Boxes } from 'lucide-react';
import { useState } from 'react';
import type { FileHandle, ModelSummary } from '../../../src-main/contract/index.ts';
import { chooseFolder } from '../../app/choose-folder.ts';
import type { Page } from '../../app/page-type.ts';
import { openDialog } from '../../state/actions.ts';
import { useModels } from '../../state/models.ts';
import { act, toast } from '../../state/session.ts';
import { formatBytes } from '../../ui/format.ts';
import { Button, Progress } from '../../ui/parts.tsx';
import { AddNetwork } from './add-network.tsx';
import { Conversion } from './conversion.tsx';
import { ConvertCheckpoint } from './convert-checkpoint.tsx';
import './models.css';

interface Checkpoint {
  readonly handle: FileHandle;
  readonly bytes: number;
}

function Models() {
  const { models, conversion } = useModels();
  const [network, setNetwork] = useState<FileHandle | null>(null);
  const [checkpoint, setCheckpoint] = useState<Checkpoint | null>(null);
  const addDiffusion = async ([folder]: readonly FileHandle[]): Promise<void> => {
    const found = folder && (await act('models.inspectDiffusion', { handle: folder.id }));
    if (!found) return;
    if (found.kind === 'checkpoint') return setCheckpoint({ handle: folder, bytes: found.bytes });
    const added = await act('models.addDiffusion', { handle: folder.id, name: folder.name });
    if (added) toast(`${added.entry.name} was added. Choose Diffusion for a picture to use it.`);
  };
  const chooseDiffusion = (): void =>
    void chooseFolder('modelFolder', ({ handles }) => void addDiffusion(handles));
  const choose = async (): Promise<void> => {
    const { handles, refused } = await openDialog('model');
    const chosen = handles.find(({ name }) => /\.(xml|onnx)$/i.test(name)) ?? handles[0];
    if (chosen) setNetwork(chosen);
    else if (refused[0]) toast(`${refused[0].name}: ${refused[0].reason}`, { tone: 'warning' });
  };
  return (
    <div className="page">
      <div className="column">
        <header className="page-head">
          <div>
            <h1>Models</h1>
            <p className="quiet">Networks that enlarge pictures. All of them run on this machine.</p>
          </div>
          <Button onClick={() => void choose()}>Add a network</Button>
        </header>
        <ul className="model-list">
          {models.map((model) => (
            <Model key={model.entry.id} model={model} />
          ))}
        </ul>
        <section className="section" aria-label="Latent diffusion">
          <div className="models-head">
            <h2>Latent diffusion</h2>
            <Button disabled={conversion?.state === 'running'} onClick={chooseDiffusion}>
              Add a diffusion model
            </Button>
          </div>
          <p>
            Invents detail instead of keeping to what is there. A small model comes with Refinery;
            CompVis/ldm-super-resolution-4x-openimages (about 340 MB in FP16, Apache-2.0) invents far more,
            and takes minutes a picture.
          </p>
          <p className="quiet">
            Choose its folder: the original checkpoint with unet, vqvae and scheduler, which is converted to
            OpenVINO here and compared with PyTorch, or one that was converted already. Fast networks work
            without it.
          </p>
        </section>
        {conversion && <Conversion conversion={conversion} />}
      </div>
      {network && <AddNetwork handle={network} onClose={() => setNetwork(null)} />}
      {checkpoint && <ConvertCheckpoint {...checkpoint} onClose={() => setCheckpoint(null)} />}
    </div>
  );
}

const sources = { embedded: 'Comes with Refinery', download: 'From its maker', custom: 'Yours' } as const;

function Model({ model: { entry, status } }: { readonly model: ModelSummary }) {
  const bytes = entry.files.reduce((sum, file) => sum + file.bytes, 0);
  const remove = async (): Promise<void> => {
    if (await act('models.remove', { id: entry.id })) toast(`${entry.name} was removed from this machine.`);
  };
  return (
    <li className="model">
      <div className="model-text">
        <h2>{entry.name}</h2>
        <p>{entry.summary}</p>
        <p className="quiet numeric">
          {`x${entry.interface.scale}, ${formatBytes(bytes)}, ${entry.licence}. ${sources[entry.source]}.`}
        </p>
        {status.state === 'broken' && <p className="state-failed">{status.reason}</p>}
        {status.state === 'downloading' && (
          <div className="model-progress">
            <Progress
              value={status.received / Math.max(1, status.bytes)}
              label={`Download of ${entry.name}`}
            />
            <span className="quiet numeric">
              {formatBytes(status.received)} of {formatBytes(status.bytes)}
            </span>
          </div>
        )}
      </div>
      <div className="row">
        {status.state === 'ready' && <span className="quiet">Ready</span>}
        {(status.state === 'absent' || (status.state === 'broken' && entry.source === 'download')) && (
          <Button onClick={() => void act('models.download', { id: entry.id })}>
            Download {formatBytes(bytes)}
          </Button>
        )}
        {status.state === 'downloading' && (
          <Button onClick={() => void act('models.cancelDownload', { id: entry.id })}>Cancel</Button>
        )}
        {entry.source !== 'embedded' && (status.state === 'ready' || status.state === 'broken') && (
          <Button kind="bare" aria-label={`Remove ${entry.name}`} onClick={() => void remove()}>
            Remove
          </Button>
        )}
      </div>
    </li>
  );
}

export const page: Page = { id: 'models', title: 'Models', icon: Boxes, rank: 100, component: Models };
