export interface Version {
  readonly buildNumber: string;
  readonly description: string;
}

/** A version as openvino-node gives it: its `toString` doesn't show among the keys. */
export function makeVersion(buildNumber: string, description: string): Version {
  const release = /^\d+(\.\d+)*/.exec(buildNumber)?.[0] ?? buildNumber;
  const text = `${description} version ......... ${release}\nBuild ........... ${buildNumber}\n`;
  return Object.defineProperty({ buildNumber, description }, 'toString', { value: () => text });
}
