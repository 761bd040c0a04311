import {setTimeout as sleep} from 'node:timers/promises';
import {type Api, refusalOf} from '../../kube/api.ts';
import {type KubeObject, parseObject} from '../../kube/json.ts';
import {collectionPath, objectPath} from '../../kube/paths.ts';
import {qualifiedName, type Resource} from '../../kube/resources.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {duration} from '../../text/duration.ts';
import {PATIENCE, patientApi} from './patience.ts';

interface StorageVersionMigration extends KubeObject {
  readonly spec: {readonly resource: {readonly group: string; readonly resource: string}};
  readonly status?: {
    readonly conditions?: readonly {readonly type: string; readonly status: string; readonly message?: string}[];
  };
}

/** Milliseconds: how often the cluster is asked, and after how long without a word nobody seems to do it. */
const POLL = 500;
const UNNOTICED = 60_000;
/** Of a clean-up that Ctrl-C must not cut short. */
const CLEANUP_TIMEOUT = 10_000;

/** Newest first; both name a resource in the same way. */
const VERSIONS = ['v1', 'v1beta1'];

/**
 * The cluster's own migrations, in the version that it serves. Rejects with exit code 2 where it has none: beta and off until Kubernetes 1.36,
 * on from 1.37.
 */
export async function storageMigrations(api: Api, signal: AbortSignal): Promise<Resource<StorageVersionMigration>> {
  const path = '/apis/storagemigration.k8s.io';
  const {status, body} = await api.send({method: 'GET', path}, signal);
  const {versions = []} = (parseObject(body.toString('utf8')) ?? {}) as {versions?: {version: string}[]};
  const version = VERSIONS.find((name) => status === 200 && versions.some((served) => served.version === name));
  if (version === undefined) {
    throw new Problem(`${api.context} has no storage version migration`, {
      why: 'it is on from Kubernetes 1.37; in 1.35 it is a beta that has to be turned on (storagemigration.k8s.io)',
      next: 'use --engine client',
      exitCode: ExitCode.usage,
    });
  }
  return {
    apiVersion: `storagemigration.k8s.io/${version}`,
    kind: 'StorageVersionMigration',
    plural: 'storageversionmigrations',
    namespaced: false,
  };
}

/**
 * Lets the cluster's controller manager rewrite all objects of a resource, and waits for it. Rejects with exit code 3 where that failed, and 4
 * where nobody takes the migration up. What was made for it is deleted in any case; after an abort the cluster may go on for a moment.
 */
export async function migrateStorage(
  api: Api,
  migrations: Resource<StorageVersionMigration>,
  resource: Resource<KubeObject>,
  detail: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const patient = patientApi(api, PATIENCE);
  const name = await create();
  const path = objectPath(migrations, {name});
  try {
    const begun = Date.now();
    for (;;) {
      const {status} = await read(path, name);
      const is = (type: string) =>
        status?.conditions?.find((condition) => condition.type === type && condition.status === 'True');
      if (is('Succeeded')) return;
      const failed = is('Failed');
      if (failed) throw failure(resource, failed.message);
      const waited = Date.now() - begun;
      if (!is('Running') && waited > UNNOTICED) throw unnoticed(resource);
      detail(`${is('Running') ? 'by the cluster' : 'waiting for the controller manager'}, ${duration(waited)}`);
      await sleep(POLL, undefined, {signal}).catch(() => signal.throwIfAborted());
    }
  } finally {
    await api.send({method: 'DELETE', path}, AbortSignal.timeout(CLEANUP_TIMEOUT)).catch(() => {}); // it does nothing any more
  }

  async function create(): Promise<string> {
    const [group = '', version] = resource.apiVersion.split('/');
    const migration: StorageVersionMigration = {
      apiVersion: migrations.apiVersion,
      kind: migrations.kind,
      metadata: {generateName: `kops-${resource.plural}-`},
      spec: {resource: {group: version === undefined ? '' : group, resource: resource.plural}},
    };
    const body = Buffer.from(JSON.stringify(migration));
    const response = await api.send({method: 'POST', path: collectionPath(migrations, {}, {fieldManager: 'kops'}), body}, signal);
    if (response.status >= 300) throw refusalOf(response, {verb: 'create', resource: migrations}, api);
    return (parseObject(response.body.toString('utf8')) as KubeObject).metadata?.name ?? '';
  }

  async function read(path: string, name: string): Promise<StorageVersionMigration> {
    const response = await patient.send({method: 'GET', path}, signal);
    if (response.status !== 200) throw refusalOf(response, {verb: 'get', resource: migrations, name}, api);
    return parseObject(response.body.toString('utf8')) as StorageVersionMigration;
  }
}

const failure = (resource: Resource<unknown>, message = ''): Problem =>
  new Problem(`the cluster could not migrate ${qualifiedName(resource)}`, {
    why: message || 'its migration failed without a word why',
    next: 'kops encrypt-at-rest rewrite --engine client tells which objects are refused',
    exitCode: ExitCode.negative,
  });

const unnoticed = (resource: Resource<unknown>): Problem =>
  new Problem(`nobody migrates ${qualifiedName(resource)}`, {
    why: `no controller took the migration up within ${duration(UNNOTICED)}`,
    next: 'check kube-controller-manager, or use --engine client',
    exitCode: ExitCode.unfinished,
  });
