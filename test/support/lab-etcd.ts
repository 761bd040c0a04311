import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {readManifest} from '../../src/encryption/manifest/manifest.ts';
import {candidatesOf, openEtcd} from '../../src/etcd/connect.ts';
import type {Etcd} from '../../src/etcd/etcd.ts';
import type {EtcdTls} from '../../src/etcd/grpc.ts';
import {storeOf} from '../../src/etcd/store.ts';

/** The etcd of an embedded lab, as its API server reaches it. */
export interface LabEtcd {
  readonly url: string;
  readonly tls: EtcdTls;
  /** Of its first control plane: what stands for `/`. */
  readonly root: string;
  /** By the flags in the API server's manifest. */
  open(): Promise<Etcd>;
}

/** `folder`: the lab's own, below the state directory. */
export function labEtcd(folder: string, name: string): LabEtcd {
  const root = join(folder, 'nodes', `${name}-control-plane`);
  const manifest = join(root, 'etc/kubernetes/manifests/kube-apiserver.yaml');
  const store = storeOf(readManifest(readFileSync(manifest, 'utf8'), manifest).flags, {group: '', resource: 'secrets'}, manifest);
  const read = (path = '') => readFileSync(join(root, path));
  const tls = {ca: read(store.caFile), cert: read(store.certFile), key: read(store.keyFile)};
  return {
    url: store.servers[0] ?? '',
    tls,
    root,
    open: () => {
      const candidates = candidatesOf(store, {addresses: [], isLocal: true, advertised: []}, {tls, pods: []});
      return openEtcd(candidates, new AbortController().signal);
    },
  };
}
