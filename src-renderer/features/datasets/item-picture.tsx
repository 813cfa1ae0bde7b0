import { useState } from 'react';
import type { DatasetItem } from '../../../src-main/contract/index.ts';
import { useSession } from '../../state/session.ts';
import { Overlay } from '../../ui/overlay.tsx';

interface ItemPictureProps {
  readonly item: DatasetItem | undefined;
  /** The engine's name for the picture; null while it is not wanted. */
  readonly media: string | null;
  /** Pixels of the screen; the height is three quarters of it. */
  readonly width: number;
}

/** A small picture of a set with what is annotated on it. */
export function ItemPicture({ item, media, width }: ItemPictureProps) {
  const bridge = useSession((state) => state.connection?.bridge);
  const [natural, setNatural] = useState<{ width: number; height: number } | null>(null);
  const [broken, setBroken] = useState(false);
  const size = item?.size ?? natural;
  const height = width * 0.75;
  const fit = size ? Math.min(width / size.width, height / size.height) : 0;
  return (
    <div className="tile-picture" style={{ height }}>
      {item?.picture === 'none' && <span className="quiet">No picture</span>}
      {item?.picture === 'here' && broken && <span className="quiet">Picture is missing</span>}
      {item?.picture === 'here' && !broken && media !== null && (
        <img
          src={bridge?.mediaUrl({ jobId: media, variant: 'tile' })}
          alt=""
          loading="lazy"
          decoding="async"
          draggable={false}
          style={size ? { width: size.width * fit, height: size.height * fit } : undefined}
          onLoad={({ currentTarget }) =>
            setNatural({ width: currentTarget.naturalWidth, height: currentTarget.naturalHeight })
          }
          onError={() => setBroken(true)}
        />
      )}
      {item && size && item.shapes.length > 0 && (
        <Overlay shapes={item.shapes} size={size} width={size.width * fit} height={size.height * fit} />
      )}
    </div>
  );
}
