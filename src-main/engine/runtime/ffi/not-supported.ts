import { RefineryError } from '../../../contract/errors.ts';

/** Thrown where openvino-node can do what OpenVINO's C library can't. `docs/runtime.md` lists the cases. */
export class NotSupportedByRuntime extends RefineryError {
  constructor(member: string) {
    super('NOT_SUPPORTED_BY_RUNTIME', `${member} is not supported by OpenVINO's C library.`, {
      hint: "Install openvino-node's own addon to use it.",
    });
  }
}
