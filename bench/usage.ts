import {spawn} from 'node:child_process';
import type {KubeObject} from '../src/kube/json.ts';
import {resources} from '../src/kube/resources.ts';
import {type Api, pathTo} from '../test/support/api.ts';
import {sample, time} from './process.ts';
import {type Kubectl, kops} from './programs.ts';
import {median, p95} from './statistics.ts';
import {mb, ms, type Row} from './table.ts';

const PODS = 10_000;
const SECRETS = 5_000;
const NAMESPACE = 'bench-usage';
/** Requests at a time. */
const LANES = 16;

/** Who uses which of 5,000 Secrets, beside what it takes kubectl to print 10,000 pods: each belongs to nobody, so that it is looked at. */
export async function usage(api: Api, kubectl: Kubectl, env: NodeJS.ProcessEnv, runs: number): Promise<Row[]> {
  await api.apply(undefined, {apiVersion: 'v1', kind: 'Namespace', metadata: {name: NAMESPACE}});
  await make(api, 'secrets', SECRETS, (i) => ({metadata: {name: `s-${i}`}, stringData: {key: 'x'.repeat(200)}}));
  await make(api, 'pods', PODS, pod);

  const ours = kops('secret', 'usage', '-A');
  const theirs = [kubectl.path, 'get', 'pods', '-A', '-o', 'json'];
  const seconds: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run += 1) {
    seconds[0].push(await time(ours, env));
    seconds[1].push(await time(theirs, env));
  }
  const [program = '', ...args] = ours;
  const child = spawn(program, args, {env, stdio: 'ignore'});
  const {peak} = await sample(child, child.pid ?? 0, 10);
  await api.send('DELETE', pathTo(resources.namespaces, undefined, NAMESPACE));

  const ratio = median(seconds[0]) / median(seconds[1]);
  const each = seconds.map((list) => `${ms(median(list))} (p95 ${ms(p95(list))})`);
  return [
    {
      what: `secret usage -A, ${PODS} pods and ${SECRETS} Secrets`,
      result: `${each[0]}, kubectl get pods -A -o json ${each[1]}: ${ratio.toFixed(2)}×`,
      goal: '≤ 1.5×',
      met: ratio <= 1.5,
    },
    {what: 'secret usage -A: memory', result: `${mb(peak)} at most`, goal: '≤ 250 MB', met: peak <= 250},
  ];
}

async function make(api: Api, resource: 'pods' | 'secrets', count: number, object: (i: number) => object): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await api.send('POST', pathTo(resources[resource], NAMESPACE), object(next++));
  };
  await Promise.all(Array.from({length: LANES}, lane));
}

/** As large as pods are, and never scheduled. */
function pod(i: number): KubeObject {
  const secret = `s-${i % SECRETS}`;
  const plain = Array.from({length: 20}, (_, n) => ({name: `VARIABLE_${n}`, value: `the value of variable ${n} of pod ${i}`}));
  const container = {
    image: 'registry.example/team/application:1.0.0',
    env: [...plain, {name: 'PASSWORD', valueFrom: {secretKeyRef: {name: secret, key: 'key'}}}],
    resources: {requests: {cpu: '100m', memory: '64Mi'}},
    readinessProbe: {httpGet: {path: '/ready', port: 8080}, periodSeconds: 5},
    volumeMounts: [{name: 'secret', mountPath: '/etc/secret', readOnly: true}],
  };
  return {
    metadata: {name: `p-${i}`, labels: {app: `app-${i % 100}`}, annotations: {'example.com/build': 'a'.repeat(64)}},
    spec: {
      schedulerName: 'nobody',
      containers: ['web', 'proxy'].map((name) => ({name, ...container})),
      volumes: [{name: 'secret', secret: {secretName: secret}}],
    },
  } as KubeObject;
}
