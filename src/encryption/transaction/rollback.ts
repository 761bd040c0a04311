import {withEncryption, withoutEncryption} from '../manifest/kubeadm-config.ts';
import {readManifest} from '../manifest/manifest.ts';
import {editClusterConfiguration} from './kubeadm.ts';
import {manifestsOf} from './prepare.ts';
import {ABSENT, type Transaction} from './record.ts';
import {bring} from './servers.ts';
import {bringAll, knownDigests, type TransactionStep, type Work} from './steps.ts';
import {closeTransaction} from './store.ts';

/**
 * The way back. Before any server was told to write with the new key every file becomes byte for byte what it was. After that something
 * may be stored under it, so that all servers go back to where they could read both, and keep it: never to where they cannot.
 */
export function rollbackSteps(work: Work, promoted: boolean): TransactionStep[] {
  const {transaction, servers, plane, stages, sockets} = work;
  const {configurationFile, operation} = transaction;
  return [...(promoted ? [toReadable()] : servers.map(toOriginal)), kubeadm(), close()];

  function toOriginal(server: Work['servers'][number]): TransactionStep {
    return {
      name: 'restore',
      node: server.name,
      title: `${server.name} as it was before`,
      onFailure: 'stay',
      async run(detail, signal) {
        const original = work.originals.get(server.name);
        if (original === undefined) throw new Error(`no originals of ${server.name}`);
        const options = {
          transaction,
          step: 'restore',
          detail,
          signal,
          known: (path: string) => knownDigests(transaction, server, path),
        };
        const {manifest, configuration = ABSENT} = original;
        await bring(server, {manifest, configuration, encrypts: encrypted(manifest)}, options);
        detail('byte for byte');
      },
    };
  }

  /** One after another where manifests change, because servers restart. */
  function toReadable(): TransactionStep {
    return {
      name: 'retreat',
      title: 'all keys readable everywhere',
      onFailure: 'stay',
      async run(detail, signal) {
        const manifest = ({name}: {name: string}) =>
          manifestsOf(work.originals.get(name)?.manifest ?? Buffer.alloc(0), operation, configurationFile, sockets).enabled;
        for (const server of servers) {
          const options = {
            transaction,
            step: 'retreat',
            detail,
            signal,
            known: (path: string) => knownDigests(transaction, server, path),
          };
          if (operation === 'disable') await bring(server, {manifest: manifest(server), configuration: stages.read}, options);
        }
        await bringAll(work, 'retreat', () => ({configuration: stages.read}), detail, signal);
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
        const encrypts = promoted || hadEncryption(transaction, work);
        const edit = (text: string) => (encrypts ? withEncryption(text, configurationFile, sockets) : withoutEncryption(text));
        const changed = await editClusterConfiguration(plane.cluster, edit, signal);
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

const hadEncryption = ({operation}: Transaction, {originals}: Work): boolean =>
  operation !== 'setup' || [...originals.values()].some(({manifest}) => encrypted(manifest));

const encrypted = (manifest: Buffer): boolean =>
  readManifest(manifest.toString('utf8'), 'the backup').flags.has('encryption-provider-config');
