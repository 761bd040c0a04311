import type {Tools} from '../encryption/change.ts';
import type {ControlPlane} from '../encryption/control-plane.ts';
import {snapshotTo} from '../etcd/snapshot.ts';

/** How the steps of a change that work elsewhere are done. */
export function encryptionTools({etcd}: ControlPlane): Tools {
  return {
    async rewrite() {},
    async snapshot(path, detail, signal) {
      const {bytes} = await snapshotTo(etcd, path, signal, (written) => detail(megabytes(written)));
      detail(`${megabytes(bytes)}, 0600`);
    },
  };
}

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
