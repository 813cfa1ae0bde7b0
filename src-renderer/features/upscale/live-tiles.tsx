import { useEffect, useRef } from 'react';
import { act, useSession } from '../../state/session.ts';
import type { Placement, Size } from './geometry.ts';

/** Longest side of the canvas that tiles are drawn on; enough for a screen. */
const longestSide = 2048;

interface LiveTilesProps {
  readonly jobId: string;
  readonly picture: Size;
  readonly place: Placement;
}

/** The finished tiles of a picture in work, as they come. */
export function LiveTiles({ jobId, picture, place }: LiveTilesProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const engine = useSession((state) => state.connection?.engine);
  const shrink = Math.min(1, longestSide / Math.max(picture.width, picture.height));

  useEffect(() => {
    if (!engine) return undefined;
    void act('upscale.watch', { id: jobId });
    const stop = engine.on('upscale.tile', async (tile) => {
      const context = canvas.current?.getContext('2d');
      if (tile.jobId !== jobId || !context) return;
      const { width, height } = context.canvas;
      const picture = new Image();
      picture.src = `data:image/jpeg;base64,${tile.jpeg}`;
      await picture.decode().catch(() => undefined);
      context.drawImage(picture, tile.x * width, tile.y * height, tile.width * width, tile.height * height);
    });
    return () => {
      stop();
      void act('upscale.watch', { id: null });
    };
  }, [engine, jobId]);

  return (
    <canvas
      ref={canvas}
      className="layer"
      width={Math.round(picture.width * shrink)}
      height={Math.round(picture.height * shrink)}
      style={{ left: place.left, top: place.top, width: place.width, height: place.height }}
      aria-hidden
    />
  );
}
