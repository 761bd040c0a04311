import type {ObjectRef} from '../kube/cluster.ts';
import {getNamed} from '../kube/lookup.ts';
import {ExitCode, Problem} from '../problem.ts';
import type {ControlPlane} from './control-plane.ts';
import {nextWhile, type OpenTransaction} from './open-transaction.ts';
import {writePrefixes} from './stored/audit.ts';
import {envelopeOf} from './stored/envelope.ts';
import {etcdPathOf} from './stored/etcd-path.ts';
import {kmsKeyOf} from './stored/kms-key.ts';
import {describeValue, type StoredValue} from './stored/value.ts';
import {
  configTroubles,
  type EncryptionVerification,
  fallsOpen,
  isConfigured,
  keylessNodes,
  type Observations,
  readersIn,
} from './verify.ts';

/** The same for one Secret, with its bytes. */
export interface SecretVerification extends EncryptionVerification {
  readonly secret: {readonly namespace: string; readonly name: string};
  readonly value: StoredValue;
}

const RESOURCE = 'secrets';

/** Reads one Secret from etcd as it is stored, and opens it. Rejects with a Problem that names the nearest one where there is none. */
export async function verifySecret(
  plane: Pick<ControlPlane, 'context' | 'etcd' | 'etcdPrefix' | 'cluster'>,
  observations: Observations,
  {namespace, name}: Required<ObjectRef>,
  {reveal, open}: {readonly reveal: boolean; readonly open?: OpenTransaction | undefined},
  signal: AbortSignal,
): Promise<SecretVerification> {
  const {context, etcd, etcdPrefix} = plane;
  const revision = await etcd.revision(signal);
  const key = `${etcdPathOf(RESOURCE, etcdPrefix)}${namespace}/${name}`;
  const found = await etcd.get(key, signal, revision);
  if (found === undefined) throw await notStored(plane, {namespace, name}, key, signal);
  const readers = readersIn(observations);
  const value = describeValue(found, {resource: RESOURCE, readers, reveal});
  const writes = writePrefixes(readers, RESOURCE);
  const is = {
    plaintext: value.provider === 'identity',
    unchecked: !value.checked,
    undecryptable: value.checked && value.why !== null,
  };
  const isOffender = is.plaintext || is.undecryptable;
  const willFall = fallsOpen({encrypted: Number(!is.plaintext), writes});
  const byKey = {[value.prefix]: 1};
  const counts = {
    encrypted: is.plaintext ? 0 : 1,
    plaintext: Number(is.plaintext),
    undecryptable: Number(is.undecryptable),
    unchecked: Number(is.unchecked),
    byKey,
  };
  const kmsKey = kmsKeyOf(found.value, envelopeOf(found.value));
  const byKmsKey = kmsKey === undefined ? {} : {[`${value.prefix}${kmsKey}`]: 1};
  const stale = Number(!is.plaintext && !writes.includes('identity') && !writes.includes(value.prefix));
  return {
    kind: 'EncryptionVerification',
    context,
    etcd: etcd.via,
    revision,
    configured: isConfigured(observations),
    scanned: 1,
    ...counts,
    resources: [{resource: RESOURCE, total: 1, ...counts, byKmsKey, writes, stale}],
    offenders: isOffender ? [value.key] : [],
    failures: is.undecryptable ? [{key: value.key, why: value.why ?? ''}] : [],
    keyless: keylessNodes(observations),
    notes: [...configTroubles(observations), ...(willFall ? [`new ${RESOURCE} are written as plaintext`] : [])],
    ok: !isOffender && !willFall,
    next: nextWhile(
      open,
      is.plaintext || (willFall && !is.undecryptable)
        ? `kops encrypt-at-rest ${writes.includes('identity') ? 'setup' : 'rewrite'}`
        : null,
    ),
    secret: {namespace, name},
    value,
  };
}

async function notStored(
  {cluster, etcd, etcdPrefix}: Pick<ControlPlane, 'etcd' | 'etcdPrefix' | 'cluster'>,
  ref: Required<ObjectRef>,
  key: string,
  signal: AbortSignal,
): Promise<Problem> {
  const retry = (near: {name: string; namespace: string}) => `kops encrypt-at-rest verify ${near.name} -n ${near.namespace}`;
  try {
    await getNamed(cluster, RESOURCE, ref, retry, signal);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  return new Problem(`secret/${ref.name} is not at ${key} in etcd`, {
    why: `the API server has it, so it keeps its objects elsewhere than below ${etcdPrefix} of ${etcd.via}`,
    next: 'look at --etcd-prefix and --etcd-servers in the manifest of each kube-apiserver: all of them must name the same',
    exitCode: ExitCode.negative,
  });
}
