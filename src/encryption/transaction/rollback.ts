import {readFile} from '../../nodes/files.ts';
import {readManifest} from '../manifest/manifest.ts';
import {editClusterConfiguration, kubeadmBack} from './kubeadm.ts';
import {manifestFor} from './manifests.ts';
import {ABSENT} from './record.ts';
import type {Server, Target} from './servers.ts';
import {bringAll, bringServer, type TransactionStep, type Work} from './steps.ts';
import {closeTransaction} from './store.ts';

/**
 * The way back. Before any server was told to write with the new key every file becomes byte for byte what it was. After that something
 * may be stored under it, so that all servers go back to where they could read both, and keep it: never to where they cannot. Where some
 * may read only the new one already (`dropped`), all must be able to read both again before any writes as before. kubeadm's ConfigMap is not
 * written before that point, so that there is nothing of it to restore.
 */
export function rollbackSteps(
  work: Work,
  {promoted, dropped}: {readonly promoted: boolean; readonly dropped: boolean},
): TransactionStep[] {
  const {transaction, servers, plane, stages} = work;
  return [...(promoted ? [toReadable(), kubeadm()] : servers.map(toOriginal)), close()];

  function toOriginal(server: Work['servers'][number]): TransactionStep {
    return {
      name: 'restore',
      node: server.name,
      title: `${server.name} as it was before`,
      onFailure: 'stay',
      async run(detail, signal) {
        await bringServer(work, 'restore', server, await formerFiles(work, server, false, signal), detail, signal);
        const {sha256} = (await readFile(server.node, server.manifestPath, signal)) ?? {};
        const isWhole = sha256 === transaction.nodes[server.name]?.manifest.original;
        detail(isWhole ? 'byte for byte' : 'but for what others edited since, which stays');
      },
    };
  }

  function toReadable(): TransactionStep {
    return {
      name: 'retreat',
      title: 'all keys readable everywhere',
      onFailure: 'stay',
      async run(detail, signal) {
        // One after another, because these restart.
        for (const server of servers) {
          const former = await formerFiles(work, server, true, signal);
          const target = {...former, configuration: dropped ? stages.write : stages.read};
          if (former.manifest) await bringServer(work, 'retreat', server, target, detail, signal);
        }
        if (dropped) await bringAll(work, 'retreat', {configuration: stages.write}, detail, signal);
        await bringAll(work, 'retreat', {configuration: stages.read}, detail, signal);
        detail(servers.length === 1 ? 'the server agrees' : `${servers.length} servers agree`);
      },
    };
  }

  function kubeadm(): TransactionStep {
    return {
      name: 'restore kubeadm-config',
      title: 'kubeadm-config',
      onFailure: 'stay',
      async run(detail, signal) {
        const changed = await editClusterConfiguration(plane.cluster, kubeadmBack(transaction, work.sockets), signal);
        detail(changed ? 'as the servers are' : 'nothing to change');
      },
    };
  }

  function close(): TransactionStep {
    return {
      name: 'close',
      title: 'transaction closed',
      onFailure: 'stay',
      // Nothing is retired by going back.
      run: (_detail, signal) => closeTransaction({...transaction, retires: []}, servers, signal),
    };
  }
}

/** What the files of a node go back to. Once a server may have written with the new key, a manifest only where its flag is not there. */
export async function formerFiles(work: Work, server: Server, promoted: boolean, signal: AbortSignal): Promise<Target> {
  const {originals, stages} = work;
  const original = originals.get(server.name);
  if (original === undefined) throw new Error(`no originals of ${server.name}`);
  const {manifest, configuration = ABSENT} = original;
  if (!promoted) return {...manifestFor(work, server, 'original'), configuration, encrypts: encrypted(manifest)};
  const present = await readFile(server.node, server.manifestPath, signal);
  const isThere = present !== undefined && encrypted(present.content);
  return {...(!isThere && manifestFor(work, server, 'enabled')), configuration: stages.read};
}

const encrypted = (manifest: Buffer): boolean =>
  readManifest(manifest.toString('utf8'), 'the manifest').flags.has('encryption-provider-config');
