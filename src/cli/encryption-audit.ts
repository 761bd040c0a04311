import {createReadStream, globSync} from 'node:fs';
import {Flags} from '@oclif/core';
import type {ControlPlane} from '../encryption/control-plane.ts';
import {findResidue, type LocalFile} from '../encryption/residue.ts';
import {expandResources} from '../encryption/resources.ts';
import {serverApi} from '../encryption/server-api.ts';
import {clusterMark, SNAPSHOTS, snapshotsOf} from '../encryption/snapshot-name.ts';
import {stackedMembers} from '../encryption/stacked-etcd.ts';
import type {StatusSources} from '../encryption/status.ts';
import {keysOf} from '../encryption/stored/etcd-path.ts';
import {type EncryptionVerification, type Observations, resourcesInForce} from '../encryption/verify.ts';
import type {Etcd} from '../etcd/etcd.ts';
import {requireSnapshot} from '../etcd/snapshot-file.ts';
import type {Cluster} from '../kube/cluster.ts';
import {ExitCode, Problem} from '../problem.ts';
import {openEtcdOf, reachable} from './encryption.ts';
import type {FoundNodes} from './nodes.ts';

export const revealFlag = {reveal: Flags.boolean({description: 'also show what Secrets hold'})};

export const verifyFlags = {
  ...revealFlag,
  resources: Flags.string({
    description:
      'separated by commas, wildcards as in an EncryptionConfiguration; default: Secrets, and what the configuration names',
    helpValue: 'secrets,…',
  }),
  residue: Flags.boolean({description: 'also look for plaintext in earlier revisions, the files of etcd, and snapshots'}),
  snapshot: Flags.string({
    description: "a snapshot to look into with --residue; default: this cluster's kops-snapshot-*.db here",
    helpValue: 'FILE',
    multiple: true,
    multipleNonGreedy: true,
    dependsOn: ['residue'],
  }),
};

export const listOf = (words: string | undefined): string[] => words?.split(',').filter(Boolean) ?? [];

/** `db` of `secret/db`, where nothing else was asked for that goes with all Secrets only. */
export function secretName(word: string, {resources, residue}: {resources?: string | undefined; residue?: boolean}): string {
  const [, kind = 'secret', name = ''] = /^(?:([^/]*)\/)?([^/]*)$/.exec(word) ?? [];
  if (!/^secrets?$/.test(kind) || name === '') {
    throw new Problem(`${word} is not a Secret`, {
      why: 'one is written db or secret/db; for what else is in etcd there is inspect',
      next: 'kops encrypt-at-rest inspect /registry/…',
      exitCode: ExitCode.usage,
    });
  }
  if (resources === undefined && !residue) return name;
  throw new Problem(`${word} cannot be combined with ${residue ? '--residue' : '--resources'}`, {
    why: 'with a Secret only that one is looked at',
    next: 'leave one of them out',
    exitCode: ExitCode.usage,
  });
}

/** The resources that were asked for, else those in force, as this cluster has them. */
export function toVerify(
  cluster: Cluster,
  observations: Observations,
  asked: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  return expandResources(cluster, asked.length > 0 ? asked : resourcesInForce(observations), signal);
}

/** The same with what is left besides. `named`: snapshots, files of this machine; undefined for those of this cluster that lie here. */
export async function withResidue(
  plane: ControlPlane,
  report: EncryptionVerification,
  named: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<EncryptionVerification> {
  const members = await stackedMembers(plane.nodes, signal);
  const {own, others} = named
    ? {own: named, others: []}
    : snapshotsOf(await clusterMark(plane.cluster, signal), globSync(SNAPSHOTS));
  const sources = {
    etcd: plane.etcd,
    members,
    skipped: others,
    snapshots: own.map((path): LocalFile => ({path, read: () => pieces(path)})),
  };
  const paths = keysOf(
    report.resources.map(({resource}) => resource),
    plane,
  );
  return {...report, residue: await findResidue(sources, paths, report, signal)};
}

/** Of a snapshot; of what is none a Problem. */
async function* pieces(path: string): AsyncGenerator<Buffer> {
  await requireSnapshot(path);
  yield* createReadStream(path);
}

/** Opens etcd only when it is asked for; `close` closes what was opened. */
export function statusSources(
  cluster: Cluster,
  {nodes, isLab}: FoundNodes,
  signal: AbortSignal,
): StatusSources & {close(): Promise<void>} {
  let etcd: Etcd | undefined;
  return {
    context: cluster.context,
    nodes,
    apiOf: (server, state) => serverApi(cluster, server, state),
    async openEtcd() {
      const store = await openEtcdOf(cluster, reachable(nodes), isLab, signal);
      etcd = store.etcd;
      return store;
    },
    expand: (entries) => expandResources(cluster, entries, signal),
    close: async () => etcd?.close(),
  };
}
