import type {Swap} from '../../nodes/guard/guard.ts';
import {writeKeyOf} from '../configuration/coverage.ts';
import {parseConfiguration} from '../configuration/parse.ts';
import type {ControlPlane} from '../control-plane.ts';
import {refuseNewServers} from '../unknown-servers.ts';
import {type CanaryKind, canaryKindOf, tryCanary} from './canary.ts';
import {editClusterConfiguration, kubeadmEdit} from './kubeadm.ts';
import {manifestFor} from './manifests.ts';
import {ABSENT, type Digest, type Transaction} from './record.ts';
import {type BringOptions, bring, plannedSwaps, type Server, type Target} from './servers.ts';
import {closeTransaction, type Originals, type StageFiles} from './store.ts';

/** One step of a transaction; harmless to run again, because it begins by looking at what is there. */
export interface TransactionStep {
  /** As the journal calls it. */
  readonly name: string;
  /** Where it is about one node. */
  readonly node?: string;
  readonly title: string;
  /** What becomes of the transaction where it fails: back to before, or open until somebody resumes or aborts it. */
  readonly onFailure: 'roll back' | 'stay';
  run(detail: (text: string) => void, signal: AbortSignal): Promise<void>;
}

/** That every value is under the key that it should be under. */
export interface Proof {
  readonly scanned: number;
  /** Of the store. */
  readonly revision: number;
}

/** What the steps work on. */
export interface Work {
  readonly plane: ControlPlane;
  readonly transaction: Transaction;
  readonly servers: readonly Server[];
  readonly originals: ReadonlyMap<string, Originals>;
  readonly stages: StageFiles;
  /** Of KMS plugins, as paths of the API servers' containers. */
  readonly sockets: readonly string[];
  /** Rewrites every object of the transaction's resources that is not under its key. */
  rewrite(detail: (text: string) => void, signal: AbortSignal): Promise<void>;
  /** What scans of etcd have shown, the last one last. */
  readonly proofs: Proof[];
  /** Reads etcd. Rejects with exit code 3 where a value of the transaction's resources is not under its key, or does not open. */
  verify(detail: (text: string) => void, signal: AbortSignal): Promise<Proof>;
}

/** Every step from the open transaction to its end. */
export function stepsOf(work: Work): TransactionStep[] {
  const {plane, transaction, servers, stages, sockets} = work;
  const {operation, resources} = transaction;
  const disables = operation === 'disable';
  const canaryKind = canaryKindOf(resources);
  const enables = servers.filter(({name}) => {
    const {original, enabled} = transaction.nodes[name]?.manifest ?? {};
    return original !== enabled;
  });
  return [
    ...enables.map((server) => restart('enable', server, stages.read, 'enabled')),
    reload('read', disables ? 'plaintext readable everywhere' : 'new key readable everywhere', stages.read),
    reload('write', disables ? 'plaintext written everywhere' : 'new key written everywhere', stages.write),
    ...(canaryKind ? [canary(canaryKind)] : []),
    ...(transaction.rewrite ? [rewriting(), verification()] : []),
    ...(stages.final && transaction.rewrite ? [reload('final', finalTitle(transaction), stages.final)] : []),
    ...(disables && transaction.rewrite ? servers.map((server) => restart('remove', server, ABSENT, 'final')) : []),
    kubeadm(),
    finish(),
  ];

  function restart(
    name: string,
    server: Server,
    configuration: Target['configuration'],
    which: 'enabled' | 'final',
  ): TransactionStep {
    return {
      name,
      node: server.name,
      title: `kube-apiserver restarted on ${server.name}`,
      onFailure: 'roll back',
      async run(detail, signal) {
        const target = {...manifestFor(work, server, which), configuration};
        const down = await bringServer(work, name, server, target, detail, signal);
        detail(down > 0 ? `down ${down.toFixed(1)} s, lists secrets` : 'lists secrets');
      },
    };
  }

  function reload(name: string, title: string, configuration: Buffer): TransactionStep {
    return {
      name,
      title,
      onFailure: 'roll back',
      async run(detail, signal) {
        await bringAll(work, name, {configuration}, detail, signal);
        detail(servers.length === 1 ? 'the server agrees' : `${servers.length} servers agree`);
      },
    };
  }

  function canary(kind: CanaryKind): TransactionStep {
    const key = writeKeyOf(parseConfiguration(stages.write.toString('utf8'), 'the configuration'), kind);
    const writeKey = {provider: key?.provider ?? 'identity', keyName: key?.keyName};
    return {
      name: 'canary',
      title: 'canary written and read back',
      onFailure: 'roll back',
      run: (_detail, signal) => tryCanary(plane, servers, kind, writeKey, signal),
    };
  }

  function rewriting(): TransactionStep {
    return {name: 'rewrite', title: 'every object rewritten', onFailure: 'stay', run: work.rewrite};
  }

  function verification(): TransactionStep {
    return {
      name: 'verify',
      title: 'verified in etcd',
      onFailure: 'stay',
      async run(detail, signal) {
        const proof = await work.verify(detail, signal);
        // A server that was started since the change began writes as before, after the scan too.
        await refuseNewServers(servers, plane.cluster.api, signal);
        work.proofs.push(proof);
        detail(`${proof.scanned} of ${proof.scanned}, revision ${proof.revision}`);
      },
    };
  }

  function kubeadm(): TransactionStep {
    return {
      name: 'kubeadm-config',
      title: 'kubeadm-config',
      onFailure: 'stay',
      async run(detail, signal) {
        const changed = await editClusterConfiguration(plane.cluster, kubeadmEdit(transaction, sockets), signal);
        const isOff = disables && transaction.rewrite;
        detail(changed ? `the next kubeadm upgrade ${isOff ? 'leaves it off' : 'keeps it'}` : 'nothing to change');
      },
    };
  }

  function finish(): TransactionStep {
    return {
      name: 'finish',
      title: 'transaction closed',
      onFailure: 'stay',
      run: (_detail, signal) => closeTransaction(transaction, servers, signal),
    };
  }
}

/** As `bring`, as part of this transaction's step. */
export const bringServer = (
  work: Work,
  step: string,
  server: Server,
  target: Target,
  detail: (text: string) => void,
  signal: AbortSignal,
): Promise<number> => bring(server, target, optionsOf(work, step, server, detail, signal));

/** What that would change. Rejects as it would. */
export const plannedFor = (work: Work, step: string, server: Server, target: Target, signal: AbortSignal): Promise<Swap[]> =>
  plannedSwaps(
    server,
    target,
    optionsOf(work, step, server, () => {}, signal),
  );

const optionsOf = (
  {transaction}: Work,
  step: string,
  server: Server,
  detail: (text: string) => void,
  signal: AbortSignal,
): BringOptions => ({transaction, step, known: (path) => knownDigests(transaction, server, path, step), detail, signal});

/**
 * Gives all servers their files at the same time, and waits for all of them; rejects with the first failure once all have ended. No server gets
 * its files where one has some that it may not have.
 */
export async function bringAll(
  work: Work,
  step: string,
  target: Target,
  detail: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(work.servers.map((server) => plannedSwaps(server, target, optionsOf(work, step, server, detail, signal))));
  const all = work.servers.map((server) => bringServer(work, step, server, target, detail, signal));
  const failed = (await Promise.allSettled(all)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/**
 * Of every content that a file of a node may have when this step begins. Before a new key is written only what reads it: a file of before
 * that is back on one node would leave its server unable to read what the others write. Before something is dropped only what writes as it
 * should: another file, even one that the transaction itself put there before, may have been back for a while, and what was written then no
 * scan has seen.
 */
function knownDigests({nodes, stages, configurationFile}: Transaction, server: Server, path: string, step: string): Digest[] {
  const record = nodes[server.name];
  if (record === undefined) return [];
  const drops = step === 'final' || step === 'remove';
  if (path !== configurationFile)
    return drops ? [record.manifest.enabled, record.manifest.final] : Object.values(record.manifest);
  if (drops) return [stages.write, stages.final ?? ABSENT];
  const staged = [stages.read, stages.write, ...(stages.final ? [stages.final] : [])];
  return step === 'write' ? staged : [...staged, record.configuration, ABSENT];
}

const finalTitle = ({retires}: Transaction): string =>
  retires.length > 0 ? `${retires.join(', ')} dropped everywhere` : 'plaintext no longer readable';
