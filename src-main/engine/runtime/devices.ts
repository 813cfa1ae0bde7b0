import type { NodeAddon } from 'openvino-node';
import type { DeviceInfo } from '../../contract/models.ts';

type Core = InstanceType<NodeAddon['Core']>;

/** The devices of this machine, with AUTO first, each with its full name and the types that it is fast in. */
export function listDevices(openvino: NodeAddon): DeviceInfo[] {
  const core = new openvino.Core();
  const devices = core.getAvailableDevices().map((id): DeviceInfo => {
    const type = id.split('.')[0] ?? id;
    return {
      id,
      fullName: readText(core, id, 'FULL_DEVICE_NAME').trim() || id,
      kind: type === 'CPU' || type === 'GPU' || type === 'NPU' ? type : 'OTHER',
      capabilities: readText(core, id, 'OPTIMIZATION_CAPABILITIES')
        .split(/[\s,]+/)
        .filter(Boolean),
    };
  });
  if (devices.length === 0) return [];
  return [{ id: 'AUTO', fullName: 'The fastest that works', kind: 'AUTO', capabilities: [] }, ...devices];
}

/** A property as text; '' where a plugin doesn't have it. openvino-node gives lists as arrays, the C library as text. */
function readText(core: Core, device: string, property: string): string {
  try {
    const value: unknown = core.getProperty(device, property);
    return Array.isArray(value) ? value.join(' ') : String(value);
  } catch {
    return '';
  }
}
