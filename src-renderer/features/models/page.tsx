import { Boxes } from 'lucide-react';
import type { ModelSummary } from '../../../src-main/contract/index.ts';
import type { Page } from '../../app/page-type.ts';
import { useModels } from '../../state/models.ts';
import { act } from '../../state/session.ts';
import { formatBytes } from '../../ui/format.ts';
import { Button, Progress } from '../../ui/parts.tsx';
import { AddNetwork } from './add-network.tsx';
import { Conversion } from './conversion.tsx';
import { ConvertCheckpoint } from './convert-checkpoint.tsx';
import './models.css';
import { chooseDiffusion, chooseNetwork, endNetwork, removeModel, useAdding } from './state.ts';

function Models() {
  const { models, conversion } = useModels();
  const {
    networks: [network],
    checkpoint,
  } = useAdding();
  return (
    <div className="page">
      <div className="column">
        <header className="page-head">
          <div>
            <h1>Models</h1>
            <p className="quiet">Networks that enlarge pictures. All of them run on this machine.</p>
          </div>
          <Button onClick={() => void chooseNetwork()}>Add a network</Button>
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
      {network && <AddNetwork key={network.id} handle={network} onClose={endNetwork} />}
      {checkpoint && (
        <ConvertCheckpoint {...checkpoint} onClose={() => useAdding.setState({ checkpoint: null })} />
      )}
    </div>
  );
}

const sources = { embedded: 'Comes with Refinery', download: 'From its maker', custom: 'Yours' } as const;

function Model({ model: { entry, status } }: { readonly model: ModelSummary }) {
  const bytes = entry.files.reduce((sum, file) => sum + file.bytes, 0);
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
          <Button
            kind="bare"
            aria-label={`Remove ${entry.name}`}
            onClick={() => void removeModel(entry.id, entry.name)}
          >
            Remove
          </Button>
        )}
      </div>
    </li>
  );
}

export const page: Page = { id: 'models', title: 'Models', icon: Boxes, rank: 100, component: Models };
