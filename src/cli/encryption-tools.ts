import type {Tools} from '../encryption/change.ts';
import type {ControlPlane} from '../encryption/control-plane.ts';
import {failureOfRewrite, rewriteAll} from '../encryption/rewrite/all.ts';
import {rewriteProgress, rewriteSummary} from '../encryption/rewrite/progress.ts';
import type {RewriteOptions} from '../encryption/rewrite/rewrite.ts';
import {snapshotTo} from '../etcd/snapshot.ts';
import {bytes} from '../text/bytes.ts';

/** How the steps of a change that work elsewhere are done. */
export function encryptionTools({etcd, cluster}: ControlPlane): Tools {
  return {
    async rewrite(resources, staleOf, detail, signal) {
      // A change rewrites only when every server writes with the new key.
      const options: RewriteOptions = {
        othersCount: true,
        dryRun: false,
        onProgress: (progress) => detail(`${progress.resource} ${rewriteProgress(progress)}`),
      };
      const done = await cluster.multiplex((api) => rewriteAll(api, resources, staleOf, options, signal));
      detail(rewriteSummary(done.resources, done.seconds));
      const failure = failureOfRewrite(done);
      if (failure) throw failure;
    },
    async snapshot(path, detail, signal) {
      const {bytes: size} = await snapshotTo(etcd, path, signal, (written) => detail(bytes(written)));
      detail(`${bytes(size)}, 0600`);
    },
  };
}
