import { showPage, useSession } from '../state/session.ts';
import { formatBytes } from '../ui/format.ts';

/** The quiet line at the foot: what computes, whether the engine is well, how much memory it takes. */
export function StatusLine() {
  const { info, engineState, offline, status } = useSession();
  const device = info?.devices.find(({ kind }) => kind !== 'AUTO');
  const runtime = info?.runtime
    ? `${device ? `${device.id} ${device.fullName}, ${fastType(device.capabilities)}` : ''}OpenVINO ${info.runtime.version ?? ''}`
    : 'No OpenVINO found';
  return (
    <footer className="status-line">
      <button type="button" className="status-button" onClick={() => showPage('settings')}>
        {info ? runtime : 'Looking for OpenVINO'}
      </button>
      <div role="status" aria-label="Engine">
        {describe(engineState, offline)}
      </div>
      <span className="numeric quiet">{status ? formatBytes(status.residentMemory) : ''}</span>
    </footer>
  );
}

/** The quick number type that inference uses on a device, where it has one. */
function fastType(capabilities: readonly string[]): string {
  const fast = ['BF16', 'FP16'].find((type) => capabilities.includes(type));
  return fast ? `${fast.toLowerCase()}, ` : '';
}

function describe(
  state: ReturnType<typeof useSession.getState>['engineState'],
  offline: string | null,
): string {
  if (offline !== null) return 'Offline: waiting for the server';
  switch (state.state) {
    case 'starting':
      return 'Engine starting';
    case 'ready':
      return 'Engine ready';
    case 'restarting':
      return `Engine restarting: ${state.reason}`;
    case 'stopped':
      return `Engine stopped: ${state.reason}`;
  }
}
