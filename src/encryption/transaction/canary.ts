import {randomBytes} from 'node:crypto';
import {type Api, type ApiResponse, refusalOf} from '../../kube/api.ts';
import type {Cluster} from '../../kube/cluster.ts';
import {type KubeObject, parseObject} from '../../kube/json.ts';
import {collectionPath, objectPath} from '../../kube/paths.ts';
import {type Resource, resources} from '../../kube/resources.ts';
import {ExitCode, Problem} from '../../problem.ts';
import type {ControlPlane} from '../control-plane.ts';
import {envelopeOf} from '../stored/envelope.ts';
import {etcdPathOf} from '../stored/etcd-path.ts';
import type {Server} from './servers.ts';

/** What a canary can be: objects that nobody acts on. Secrets first, because they are what it is all about. */
const KINDS = ['secrets', 'configmaps'] as const;
export type CanaryKind = (typeof KINDS)[number];
export const CANARY_NAMESPACE = 'kube-system';
const NAMES = /^kops-canary-[0-9a-f]{12}$/;

/** What the canary of a change of these resources is; undefined where none of them could be one. */
export const canaryKindOf = (names: readonly string[]): CanaryKind | undefined => KINDS.find((kind) => names.includes(kind));

/**
 * Writes an object through each server, looks at it in etcd, and reads it back through every other server: only that shows that what one
 * server writes now all can read. Rejects with exit code 3 where not; leaves nothing behind, nor what a run that was killed here left.
 */
export async function tryCanary(
  plane: ControlPlane,
  servers: readonly Server[],
  kind: CanaryKind,
  writeKey: {readonly provider: string; readonly keyName: string | undefined},
  signal: AbortSignal,
): Promise<void> {
  const resource: Resource<KubeObject> = resources[kind];
  await removeCanaries(plane.cluster, signal);
  for (const writer of servers) {
    const {name, value, body} = aCanary(resource);
    const path = objectPath(resource, {namespace: CANARY_NAMESPACE, name});
    try {
      expectStatus(201, await create(writer.api, resource, body, {}, signal), writer, 'POST', resource);
      await checkStored(name, writer.name);
      for (const reader of servers) {
        const answer = await reader.api.send({method: 'GET', path}, signal);
        expectStatus(200, answer, reader, 'GET', resource);
        const {data} = (parseObject(answer.body.toString('utf8')) ?? {}) as {data?: {canary?: string}};
        if (data?.canary !== value) throw lost(`${reader.name} reads another value than ${writer.name} wrote`);
      }
    } finally {
      await writer.api.send({method: 'DELETE', path}, AbortSignal.timeout(10_000)).catch(() => {}); // only if it was made; a server that is gone by now leaves an object that says what it is
    }
  }

  async function checkStored(name: string, writer: string): Promise<void> {
    const stored = await plane.etcd.get(`${etcdPathOf(kind, plane.etcdPrefix)}${CANARY_NAMESPACE}/${name}`, signal);
    if (stored === undefined) throw lost(`what ${writer} wrote is not in this etcd`);
    const {provider, keyName} = envelopeOf(stored.value);
    if (provider === writeKey.provider.split(' ')[0] && keyName === writeKey.keyName) return; // `kms v2` is `kms` in etcd
    throw lost(`${writer} writes with ${nameOf(provider, keyName)}, not with ${nameOf(writeKey.provider, writeKey.keyName)}`);
  }
}

/** Takes away the canaries of runs that were killed while they had one. Where that is refused they stay: their names say what they are. */
export async function removeCanaries(cluster: Cluster, signal: AbortSignal): Promise<void> {
  for (const kind of KINDS) {
    try {
      for (const {metadata: {name = '', uid = ''} = {}} of await cluster.listMetadata(
        kind,
        {namespace: CANARY_NAMESPACE},
        signal,
      )) {
        if (NAMES.test(name)) await cluster.delete(kind, {namespace: CANARY_NAMESPACE, name}, uid, {}, signal);
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }
}

/**
 * Asks each server whether it would take the canary, and stores nothing: a policy that refuses it would take the whole change back later.
 * Rejects with exit code 3 where one does. A webhook that takes no dry runs says nothing of that.
 */
export async function tryAdmission(servers: readonly Server[], kind: CanaryKind, signal: AbortSignal): Promise<void> {
  const resource: Resource<KubeObject> = resources[kind];
  for (const {name, api} of servers) {
    const response = await create(api, resource, aCanary(resource).body, {dryRun: 'All'}, signal);
    if (response.status === 201 || takesNoDryRun(response)) continue;
    const {message, why = message} = refusalOf(response, {verb: 'create', resource, namespace: CANARY_NAMESPACE}, api);
    throw new Problem(`${name} would refuse the canary, a ${resource.kind} in ${CANARY_NAMESPACE}`, {
      why,
      next: `let ${resource.plural} named kops-canary-* pass there until the change is done; nothing was changed`,
      exitCode: ExitCode.negative,
    });
  }
}

/** Source: NewDryRunUnsupportedErr in apiserver's pkg/admission/plugin/webhook/errors. */
const takesNoDryRun = ({status, body}: ApiResponse): boolean =>
  status === 400 && body.toString('utf8').includes('does not support dry run');

function aCanary({apiVersion, kind}: Resource<KubeObject>): {
  readonly name: string;
  readonly value: string;
  readonly body: Buffer;
} {
  const name = `kops-canary-${randomBytes(6).toString('hex')}`;
  const value = randomBytes(24).toString('base64');
  return {name, value, body: Buffer.from(JSON.stringify({apiVersion, kind, metadata: {name}, data: {canary: value}}))};
}

const create = (api: Api, resource: Resource<KubeObject>, body: Buffer, parameters: {dryRun?: 'All'}, signal: AbortSignal) => {
  const path = collectionPath(resource, {namespace: CANARY_NAMESPACE}, parameters);
  return api.send({method: 'POST', path, body, contentType: 'application/json'}, signal);
};

const nameOf = (provider: string, keyName: string | undefined): string =>
  keyName === undefined ? provider : `${provider}, key ${keyName}`;

function expectStatus(
  expected: number,
  {status}: ApiResponse,
  {name}: Server,
  method: string,
  resource: Resource<KubeObject>,
): void {
  if (status === expected) return;
  throw lost(`${name} answered ${status} to ${method} ${collectionPath(resource, {namespace: CANARY_NAMESPACE})}`);
}

const lost = (why: string): Problem =>
  new Problem('the canary did not come back', {
    why,
    next: 'kops encrypt-at-rest status tells which servers disagree',
    exitCode: ExitCode.negative,
  });
