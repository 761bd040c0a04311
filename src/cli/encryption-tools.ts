import type {Tools} from '../encryption/change.ts';
import type {ControlPlane} from '../encryption/control-plane.ts';
import {failureOfRewrite, rewriteAll} from '../encryption/rewrite-all.ts';
import {rewriteDetail, rewriteSummary} from '../encryption/rewrite-progress.ts';
import {snapshotTo} from '../etcd/snapshot.ts';
import {bytes} from '../text/bytes.ts';

/** How the steps of a change that work elsewhere are done. */
export function encryptionTools({etcd, cluster}: ControlPlane): Tools {
  return {
    async rewrite(resources, detail, signal) {
      // A change rewrites only when every server writes with the new key.
      const rules = {othersCount: true, dryRun: false};
      const onProgress = (progress: Parameters<typeof rewriteDetail>[0]) => detail(rewriteDetail(progress));
      const done = await rewriteAll(cluster.api, resources, {...rules, onProgress}, signal);
      detail(rewriteSummary(done));
      const failure = failureOfRewrite(done);
      if (failure) throw failure;
    },
    async snapshot(path, detail, signal) {
      const {bytes: size} = await snapshotTo(etcd, path, signal, (written) => detail(bytes(written)));
      detail(`${bytes(size)}, 0600`);
    },
  };
}
