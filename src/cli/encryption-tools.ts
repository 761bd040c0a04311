import type {Tools} from '../encryption/change.ts';
import type {ControlPlane} from '../encryption/control-plane.ts';
import {snapshotTo} from '../etcd/snapshot.ts';
import {discoverResources} from '../kube/discovery.ts';
import {objectPath} from '../kube/paths.ts';
import {listRaw} from '../kube/raw-list.ts';

/** How the steps of a change that work elsewhere are done. */
export function encryptionTools({etcd, cluster}: ControlPlane): Tools {
  return {
    async rewrite(names, detail, signal) {
      let done = 0;
      for (const resource of await discoverResources(cluster.api, names, ['list'], signal)) {
        for await (const {items} of listRaw(cluster.api, resource, {}, signal)) {
          for (const {namespace, name, body} of items) {
            const path = objectPath(resource, {name, ...(namespace && {namespace})});
            await cluster.api.send({method: 'PUT', path, body}, signal);
            done += 1;
          }
          detail(`${done}`);
        }
      }
    },
    async snapshot(path, detail, signal) {
      const {bytes} = await snapshotTo(etcd, path, signal, (written) => detail(megabytes(written)));
      detail(`${megabytes(bytes)}, 0600`);
    },
  };
}

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
