import type {Tools} from '../encryption/change.ts';
import type {ControlPlane} from '../encryption/control-plane.ts';

export function encryptionTools(plane: ControlPlane): Tools {
  return {
    async rewrite() {},
    async snapshot() {},
  };
}
