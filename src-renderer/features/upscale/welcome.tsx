import { ImagePlus } from 'lucide-react';
import sample from '../../../assets/samples/chelsea.jpg';
import { openServerPath } from '../../app/server-path.tsx';
import { trySample } from '../../state/actions.ts';
import { handIn, openPictures } from '../../state/inbox.ts';
import { showPage, useSession } from '../../state/session.ts';
import { Button } from '../../ui/parts.tsx';

/** The page before the first picture. */
export function Welcome() {
  const { info, shell } = useSession();
  const missing = info !== null && info.runtime === null;
  const devices = info?.devices.filter(({ kind }) => kind !== 'AUTO') ?? [];
  return (
    <div className="welcome">
      <div className="welcome-body">
        <ImagePlus size={40} strokeWidth={1.25} className="quiet" aria-hidden />
        <h1>Drop pictures or folders here</h1>
        <p className="quiet">
          They come back up to four times larger, each one checked, with a receipt of what was done.
          Everything stays on this machine.
        </p>
        <div className="row">
          <Button
            kind={missing ? undefined : 'primary'}
            className="tall"
            onClick={() => void openPictures('pictures')}
          >
            Add pictures
          </Button>
          <Button className="tall" onClick={() => void openPictures('folder')}>
            Add a folder
          </Button>
          {shell && shell.allowedFolders.length > 0 && (
            <Button
              className="tall"
              onClick={() => openServerPath((admitted) => void handIn(admitted, { wanted: 'pictures' }))}
            >
              From the server
            </Button>
          )}
        </div>
        {missing ? (
          <section className="welcome-card" role="alert" aria-label="OpenVINO is missing">
            <div>
              <h2>OpenVINO is not here yet</h2>
              <p className="quiet">
                It runs the networks. Settings says where Refinery looked, and lets you choose the folder of
                one that you have.
              </p>
            </div>
            <Button kind="primary" onClick={() => showPage('settings')}>
              Find OpenVINO
            </Button>
          </section>
        ) : (
          <section className="welcome-card" aria-label="Sample">
            <img src={sample} alt="A cat" width={84} height={56} />
            <div>
              <h2>Try it on a cat</h2>
              <p className="quiet">
                {devices[0] ? `Runs on ${devices[0].fullName}.` : 'A photo of 451 × 300 pixels.'}
              </p>
            </div>
            <Button onClick={() => void trySample()}>Upscale the sample</Button>
          </section>
        )}
        <p className="quiet keys">
          <span className="kbd">Ctrl K</span> all commands, <span className="kbd">Ctrl V</span> paste a
          picture
        </p>
      </div>
    </div>
  );
}
