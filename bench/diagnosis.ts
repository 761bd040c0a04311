import {spawn} from 'node:child_process';
import {resources} from '../src/kube/resources.ts';
import {type Api, pathTo} from '../test/support/api.ts';
import {sample, time} from './process.ts';
import {type Kubectl, kops} from './programs.ts';
import {median, p95} from './statistics.ts';
import {mb, ms, type Row} from './table.ts';
import {deployment} from './workload.ts';

const PODS = 1000;

/** Saying why 1,000 pods do not come up, beside what it takes kubectl to print those pods. */
export async function diagnosis(
  api: Api,
  kubectl: Kubectl,
  env: NodeJS.ProcessEnv,
  namespace: string,
  runs: number,
): Promise<Row[]> {
  await api.apply(namespace, deployment('failing', {replicas: PODS, image: 'web:9', fault: 'image-not-found'}));
  while ((await failingPods(api, namespace)) < PODS) await new Promise((resolve) => setTimeout(resolve, 1000));

  const status = kops('rollout', 'status', 'deploy/failing', '-n', namespace);
  const overview = kops('rollout', 'status', '-n', namespace);
  const pods = [kubectl.path, 'get', 'pods', '-l', 'app=failing', '-o', 'json', '-n', namespace];
  const seconds: Record<'status' | 'overview' | 'pods', number[]> = {status: [], overview: [], pods: []};
  for (let run = 0; run < runs; run += 1) {
    seconds.status.push(await time(status, env, 3));
    seconds.overview.push(await time(overview, env, 3));
    seconds.pods.push(await time(pods, env));
  }
  const [program = '', ...args] = status;
  const child = spawn(program, args, {env, stdio: 'ignore'});
  const {peak} = await sample(child, child.pid ?? 0, 10);

  const both = (list: readonly number[]) => `${ms(median(list))} (p95 ${ms(p95(list))})`;
  return [
    {what: `rollout status, ${PODS} failing pods`, result: `${both(seconds.status)}, ${mb(peak)} at most`},
    {what: `rollout status of the namespace`, result: both(seconds.overview)},
    {what: `kubectl get pods -o json, for comparison`, result: both(seconds.pods)},
  ];
}

/** How many have a container that waits for its image. */
async function failingPods(api: Api, namespace: string): Promise<number> {
  const path = `${pathTo(resources.pods, namespace)}?labelSelector=app%3Dfailing`;
  const {items} = (await api.send('GET', path)) as {
    items: {status?: {containerStatuses?: {state?: {waiting?: {reason?: string}}}[]}}[];
  };
  return items.filter(({status}) => /ImagePull/.test(status?.containerStatuses?.[0]?.state?.waiting?.reason ?? '')).length;
}
