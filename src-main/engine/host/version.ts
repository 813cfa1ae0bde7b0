import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Version of Refinery, from the `package.json` among its resources. */
export function readVersion(resources: string): string {
  const { version } = JSON.parse(readFileSync(join(resources, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
