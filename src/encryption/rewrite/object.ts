import {setTimeout as sleep} from 'node:timers/promises';
import {etcdProblem} from '../../etcd/failure.ts';
import {type ApiResponse, refusalOf} from '../../kube/api.ts';
import type {ObjectRef} from '../../kube/cluster.ts';
import type {ApiProblem} from '../../kube/errors.ts';
import {type KubeObject, parseObject} from '../../kube/json.ts';
import {objectPath} from '../../kube/paths.ts';
import {readRaw} from '../../kube/raw-list.ts';
import type {RawObject} from '../../kube/raw-object.ts';
import type {Resource} from '../../kube/resources.ts';
import {ExitCode} from '../../problem.ts';
import type {PatientApi} from './patience.ts';

/**
 * What became of an object. `unchanged`: nothing of it was stale, so that the server wrote nothing. `others wrote`: somebody else did, and
 * that counts.
 */
export type Outcome = 'rewritten' | 'unchanged' | 'gone' | 'others wrote' | {readonly failed: string};

export interface RewriteRules {
  /**
   * Every API server wrote with the key that is wanted before the first object was read: whoever has written an object since has renewed it.
   */
  readonly othersCount: boolean;
  /** The servers run admission and validation and store nothing. */
  readonly dryRun: boolean;
}

/** Writes that somebody else was faster with, for one object. */
const MAX_CONFLICTS = 20;
/** Its metadata is all that is asked back: a Secret need not travel twice. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json';

/**
 * Puts an object as it is: an API server then stores it anew if what is stored is not as it would write it now. `read`: as the list had it;
 * undefined where it is still to be read. Rejects only where no other object would fare better.
 */
export async function rewriteObject(
  api: PatientApi,
  resource: Resource<KubeObject>,
  ref: ObjectRef,
  read: RawObject | undefined,
  {othersCount, dryRun}: RewriteRules,
  signal: AbortSignal,
): Promise<{readonly outcome: Outcome; readonly conflicts: number}> {
  const path = objectPath(resource, ref);
  const put = objectPath(resource, ref, '', {fieldManager: 'kops', dryRun: dryRun ? 'All' : undefined});
  let conflicts = 0;
  const settled = (outcome: Outcome) => ({outcome, conflicts});

  let object = read ?? (await readAgain());
  for (;;) {
    if (object === undefined) return settled('gone');
    if ('failed' in object) return settled(object);
    const {body, contentType} = object;
    const response = await api.send({method: 'PUT', path: put, body, contentType, accept: METADATA_ONLY}, signal);
    if (response.status < 300) return settled(versionOf(response) === object.resourceVersion ? 'unchanged' : 'rewritten');
    if (isGone(response, ref)) return settled('gone');
    if (response.status !== 409) return settled(failureOf(response, 'update'));
    conflicts++;
    if (conflicts >= MAX_CONFLICTS) return settled({failed: `somebody else wrote it each of ${conflicts} times`});
    const before = object.resourceVersion;
    await pause(conflicts, signal);
    object = await readAgain();
    // Only then was it a write to this object that got in between, and not to one that admission has an eye on.
    if (othersCount && object && !('failed' in object) && object.resourceVersion !== before) return settled('others wrote');
  }

  async function readAgain(): Promise<RawObject | {readonly failed: string} | undefined> {
    const found = await readRaw(api, path, signal);
    if ('name' in found) return found;
    return isGone(found, ref) ? undefined : failureOf(found, 'get');
  }

  function failureOf(response: ApiResponse, verb: 'get' | 'update'): {readonly failed: string} {
    const problem: ApiProblem = refusalOf(response, {verb, resource, ...ref}, api);
    // Without the right to it, or to any, all others would be refused as well.
    if (response.status === 401 || (response.status === 403 && problem.exitCode === ExitCode.noAccess)) throw problem;
    if (response.status >= 500 && api.isDown()) throw problem;
    const etcd = etcdProblem(problem.why ?? '', `behind ${api.server}`, problem);
    if (etcd.kind === 'no-space') throw etcd;
    return {failed: problem.why ?? problem.message};
  }
}

/** At once the first time; later each side must get out of the other's way. */
async function pause(conflicts: number, signal: AbortSignal): Promise<void> {
  if (conflicts < 3) return;
  await sleep(Math.random() * 20 * conflicts, undefined, {signal}).catch(() => signal.throwIfAborted());
}

/** The object is gone; a 404 that names none is about its kind. */
function isGone({status, body}: ApiResponse, {name}: ObjectRef): boolean {
  if (status !== 404) return false;
  const {details} = (parseObject(body.toString('utf8')) ?? {}) as {details?: {name?: string}};
  return details?.name === name;
}

function versionOf({body}: ApiResponse): string | undefined {
  return (parseObject(body.toString('utf8')) as KubeObject | undefined)?.metadata?.resourceVersion;
}
