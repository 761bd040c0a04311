import {ConnectionProblem} from '../kube/errors.ts';
import {qualifiedName} from '../kube/resources.ts';
import {ExitCode, Problem} from '../problem.ts';
import type {Progress} from '../progress.ts';
import {type Tools, workOf} from './change.ts';
import {parseConfiguration} from './configuration/parse.ts';
import type {ControlPlane} from './control-plane.ts';
import type {StaleOf} from './rewrite/all.ts';
import {staleObjects} from './rewrite/stale.ts';
import {writePrefixOf} from './stored/audit.ts';
import {etcdPathOf} from './stored/etcd-path.ts';
import {removeCanaries} from './transaction/canary.ts';
import {observeServers} from './transaction/prepare.ts';
import type {Transaction} from './transaction/record.ts';
import type {Work} from './transaction/steps.ts';
import {leadOf, type Originals, readOpen, readOriginals, readStages, type StageFiles, writeRecords} from './transaction/store.ts';
import {type EncryptionRun, transact} from './transaction/transact.ts';
import {refuseNewServers} from './unknown-servers.ts';

/** The change that was interrupted. Rejects where none is open. */
export async function openChange(plane: ControlPlane, signal: AbortSignal): Promise<Transaction> {
  const transaction = await readOpen(plane.nodes, signal);
  if (transaction) return transaction;
  throw new Problem('no change of the encryption is open', {
    why: 'there is nothing to resume or abort',
    next: 'kops encrypt-at-rest status',
    exitCode: ExitCode.negative,
  });
}

/** Goes on with an open transaction, or takes it back. */
export async function continueChange(
  plane: ControlPlane,
  transaction: Transaction,
  direction: 'forward' | 'back',
  tools: Tools,
  progress: Progress,
  signal: AbortSignal,
): Promise<EncryptionRun> {
  const work = await openWork(plane, transaction, tools, signal);
  const {servers} = work;
  const known = async () => {
    try {
      await refuseNewServers(servers, plane.cluster.api, signal);
    } catch (error) {
      // A server that is down may be what is to be mended here; they are looked for again before anything is dropped.
      if (!(error instanceof ConnectionProblem)) throw error;
    }
  };
  const before = [{title: 'API servers', run: known}];
  const open = (s: AbortSignal) => writeRecords(transaction, servers, s);
  const run = await transact(work, {progress, signal, direction, before, open});
  if (run.outcome === 'rolled back') await removeCanaries(plane.cluster, AbortSignal.timeout(10_000)).catch(() => {}); // it is back anyway
  return run;
}

/** What an open transaction works on, from what it left on the nodes. */
export async function openWork(plane: ControlPlane, transaction: Transaction, tools: Tools, signal: AbortSignal): Promise<Work> {
  const servers = await serversOf(plane, transaction, signal);
  const originals = new Map<string, Originals>();
  for (const server of servers) originals.set(server.name, await readOriginals(server, transaction, signal));
  const stages = await readStages(leadOf(transaction, servers).node, transaction, signal);
  return workOf(plane, transaction, servers, originals, stages, staleIn(plane, stages), tools);
}

/** An interrupted rewrite has done some of it already. Where etcd cannot be read, every object is rewritten, as at the first time. */
function staleIn(plane: ControlPlane, stages: StageFiles): StaleOf {
  const configuration = parseConfiguration(stages.write.toString('utf8'), 'the configuration');
  return async (served, signal) => {
    const resource = qualifiedName(served);
    const wanted = writePrefixOf(configuration, resource);
    if (wanted.startsWith('k8s:enc:kms:')) return undefined; // what is under an older key of the KMS does not show
    try {
      const path = etcdPathOf(resource, plane.etcdPrefix);
      return await staleObjects(plane.etcd, {path, namespaced: served.namespaced, wanted}, signal);
    } catch (error) {
      if (error instanceof Problem) return undefined;
      throw error;
    }
  };
}

/** Those that the transaction is about, whatever their files say now. */
async function serversOf(plane: ControlPlane, transaction: Transaction, signal: AbortSignal): Promise<Work['servers']> {
  const {servers} = await observeServers(plane, signal);
  const missing = Object.keys(transaction.nodes).filter((name) => !servers.some((server) => server.name === name));
  const strangers = servers.filter(({name}) => transaction.nodes[name] === undefined);
  if (missing.length === 0 && strangers.length === 0) return servers;
  throw new Problem(`the control plane has changed since ${transaction.operation} ${transaction.id} began`, {
    why: [
      ...missing.map((name) => `${name} is not among its nodes any more`),
      ...strangers.map(({name}) => `${name} is new`),
    ].join('\n'),
    next:
      strangers.length > 0
        ? 'take the label off a new node, and stop its API server, until kops encrypt-at-rest resume is done, then kops encrypt-at-rest sync NODE'
        : `bring it back, then kops encrypt-at-rest resume; if it is gone for good: kops encrypt-at-rest resume --without ${missing[0]}, or abort --without ${missing[0]}`,
    exitCode: ExitCode.negative,
  });
}
