import {type Api, refusalOf} from '../../kube/api.ts';
import type {ServedResource} from '../../kube/discovery.ts';
import {type KubeObject, parseObject} from '../../kube/json.ts';
import {collectionPath} from '../../kube/paths.ts';
import {qualifiedName} from '../../kube/resources.ts';
import {ExitCode, Problem} from '../../problem.ts';
import type {Progress} from '../../progress.ts';
import {storedResources} from '../resources.ts';
import {rewriteProgress, rewriteSummary} from './progress.ts';
import {type RewriteProgress, type RewrittenResource, rewrite} from './rewrite.ts';
import {migrateStorage, storageMigrations} from './storage-migration.ts';

/** `client`: kops writes each object back; `storage-migration`: the cluster's controller manager does. */
export type Engine = 'client' | 'storage-migration';

export interface RewritePlan {
  readonly kind: 'EncryptionPlan';
  readonly context: string;
  readonly operation: 'rewrite';
  readonly engine: Engine;
  /** null: in all namespaces. */
  readonly namespace: string | null;
  readonly resources: readonly {readonly resource: string; readonly total: number}[];
}

/** Decided and counted; nothing was written yet. */
export interface PreparedRewrite {
  readonly plan: RewritePlan;
  readonly dryRun: boolean;
  readonly served: readonly ServedResource[];
}

export interface RewriteRun {
  readonly kind: 'EncryptionRun';
  readonly context: string;
  readonly operation: 'rewrite';
  /** It needs none: whoever runs it again goes on where it ended. */
  readonly transaction: null;
  readonly engine: Engine;
  readonly dryRun: boolean;
  readonly steps: readonly {
    readonly name: string;
    readonly node: null;
    readonly state: 'done' | 'failed';
    readonly seconds: number;
    readonly detail: string;
  }[];
  readonly outcome: 'done' | 'incomplete';
  /** Of each resource what became of its objects; how many only the cluster's own engine knows is null. */
  readonly resources: readonly (RewrittenResource | MigratedResource)[];
  readonly seconds: number;
}

interface MigratedResource extends Pick<RewrittenResource, 'resource' | 'total' | 'failed'> {
  readonly rewritten: null;
  readonly unchanged: null;
  readonly gone: null;
  readonly othersWrote: null;
  readonly conflicts: null;
}

export interface RewriteChoice {
  /** As an EncryptionConfiguration names them. */
  readonly resources: readonly string[];
  readonly engine: Engine;
  /** Undefined: in all namespaces. */
  readonly namespace: string | undefined;
  /** The servers only try whether they would take each object. */
  readonly dryRun: boolean;
}

/** Looks up and counts what is to be rewritten. Rejects with a Problem where a resource is unknown, or the engine is not to be had. */
export async function prepareRewrite(
  api: Api,
  {resources, engine, namespace, dryRun}: RewriteChoice,
  signal: AbortSignal,
): Promise<PreparedRewrite> {
  if (engine === 'storage-migration') {
    if (namespace !== undefined) throw notMigrated('leave out --namespace', 'the cluster migrates all objects of a kind');
    if (dryRun) throw notMigrated('leave out --dry-run=server', 'a migration has no dry run');
    await storageMigrations(api, signal);
  }
  const served = await storedResources(api, resources, signal);
  const within = namespace === undefined ? served : served.filter(({namespaced}) => namespaced);
  const counts: RewritePlan['resources'][number][] = [];
  for (const resource of within)
    counts.push({resource: qualifiedName(resource), total: await count(api, resource, namespace, signal)});
  const {context} = api;
  const plan = {context, operation: 'rewrite', engine, namespace: namespace ?? null, resources: counts} as const;
  return {plan: {kind: 'EncryptionPlan', ...plan}, dryRun, served: within};
}

/** Without reading them all: a page of one says how many more there are. */
async function count(api: Api, resource: ServedResource, namespace: string | undefined, signal: AbortSignal): Promise<number> {
  const response = await api.send(
    {method: 'GET', path: collectionPath(resource, {namespace}, {limit: 1}), accept: METADATA_ONLY},
    signal,
  );
  if (response.status !== 200) throw refusalOf(response, {verb: 'list', resource, namespace}, api);
  const {metadata, items} = (parseObject(response.body.toString('utf8')) ?? {}) as {
    metadata?: {remainingItemCount?: number};
    items?: KubeObject[] | null;
  };
  return (items?.length ?? 0) + (metadata?.remainingItemCount ?? 0);
}
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';

/** Carries it out, a step for each resource. Objects that are refused are in the report; rejects where the whole cannot go on. */
export async function runRewrite(
  api: Api,
  {plan, dryRun, served}: PreparedRewrite,
  progress: Progress,
  signal: AbortSignal,
): Promise<RewriteRun> {
  const start = performance.now();
  const resources: RewriteRun['resources'][number][] = [];
  const steps: RewriteRun['steps'][number][] = [];
  const migrations = plan.engine === 'client' ? undefined : await storageMigrations(api, signal);

  const stepOf = (resource: ServedResource) => {
    const name = qualifiedName(resource);
    return {
      title: dryRun ? `${name} tried` : `${name} rewritten`,
      async run(detail: (text: string) => void) {
        const begun = performance.now();
        const done = migrations === undefined ? await write(resource, detail) : await migrate(resource, detail);
        const seconds = (performance.now() - begun) / 1000;
        const text = rewriteSummary([done], seconds);
        detail(text);
        resources.push(done);
        steps.push({
          name: `rewrite ${name}`,
          node: null,
          state: done.failed.length > 0 ? 'failed' : 'done',
          seconds,
          detail: text,
        });
      },
    };
  };
  await progress.run(served.map(stepOf));
  const outcome = resources.some(({failed}) => failed.length > 0) ? 'incomplete' : 'done';
  const {context, operation, engine} = plan;
  const seconds = (performance.now() - start) / 1000;
  return {kind: 'EncryptionRun', context, operation, transaction: null, engine, dryRun, steps, outcome, resources, seconds};

  async function write(resource: ServedResource, detail: (text: string) => void): Promise<RewrittenResource> {
    const options = {
      // Nobody looked which key the servers write with.
      othersCount: false,
      dryRun,
      onProgress: (progress: RewriteProgress) => detail(rewriteProgress(progress)),
    };
    const {namespace} = plan;
    const target = {resource, ...(namespace !== null && {namespace})};
    const [done] = (await rewrite(api, [target], options, signal)).resources;
    if (done === undefined) throw new Error('a resource that was rewritten is reported');
    return done;
  }

  async function migrate(resource: ServedResource, detail: (text: string) => void): Promise<MigratedResource> {
    if (migrations === undefined) throw new Error('only with migrations');
    await migrateStorage(api, migrations, resource, detail, signal);
    const name = qualifiedName(resource);
    const total = plan.resources.find((counted) => counted.resource === name)?.total ?? 0;
    return {resource: name, total, rewritten: null, unchanged: null, gone: null, othersWrote: null, conflicts: null, failed: []};
  }
}

/** 0 done; 3 where an object was refused. */
export const exitCodeOfRewrite = ({outcome}: RewriteRun): ExitCode => (outcome === 'done' ? ExitCode.ok : ExitCode.negative);

const notMigrated = (next: string, why: string): Problem =>
  new Problem('a storage version migration cannot do that', {
    why,
    next: `${next}, or use --engine client`,
    exitCode: ExitCode.usage,
  });
