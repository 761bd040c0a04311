import type {V1Container, V1EnvVarSource} from '@kubernetes/client-node';
import {describe, expect, test} from 'vitest';
import {askNode} from '../../src/cli/image-config.ts';
import {type AskNode, effectiveCommand} from '../../src/config/command/command.ts';
import type {EffectiveCommand} from '../../src/config/command/report.ts';
import type {Pod} from '../../src/config/container/source.ts';
import {effectiveEnv} from '../../src/config/env/env.ts';
import type {EffectiveEnv} from '../../src/config/env/report.ts';
import {connect} from '../../src/kube/connect.ts';
import type {KubeObject} from '../../src/kube/json.ts';
import {images} from '../support/images.ts';
import {liveCluster, namespace} from '../support/live.ts';
import {start} from '../support/process.ts';

type Spec = Partial<Omit<V1Container, 'name'>>;
type Case = readonly [title: string, container: Spec];

/** Words that stay: the shell sleeps, and they are its $0, $1 … */
const sleep = (...words: string[]): Spec => ({image: images.shell, command: ['sh', '-c', 'sleep 3600; :', ...words]});
const env = (variables: Record<string, string | V1EnvVarSource>, more: Spec = {}): Spec => ({
  ...sleep(...Object.keys(variables).map((name) => `<$(${name})>`)),
  env: Object.entries(variables).map(([name, value]) => (typeof value === 'string' ? {name, value} : {name, valueFrom: value})),
  ...more,
});
const fromMap = (name: string, key: string, optional = false) => ({configMapKeyRef: {name, key, optional}});
const fromSecret = (name: string, key: string, optional = false) => ({secretKeyRef: {name, key, optional}});
const field = (fieldPath: string) => ({fieldRef: {fieldPath}});
const resource = (name: string, divisor?: string, containerName?: string) => ({
  resourceFieldRef: {resource: name, ...(divisor && {divisor}), ...(containerName && {containerName})},
});
const base = {configMapRef: {name: 'base'}};
const web = {configMapRef: {name: 'web'}};
const db = {secretRef: {name: 'db'}};
const bounded = {resources: {limits: {cpu: '1500m', memory: '300Mi'}, requests: {cpu: '10m'}}};

const values: readonly Case[] = [
  ['a literal', env({A: '1'})],
  ['an empty value', env({A: ''})],
  ['a value of several lines', env({A: 'one\n two\n'})],
  ['quotes and backslashes', env({A: `'"\\n\\`})],
  ['letters beyond ASCII', env({A: '한국어 $한 ✓'})],
  ['names that no shell has', env({'a.b-c': '1', 'a b': '2', '1x': '3'})],
  ['envFrom', {...sleep('$(LEVEL)'), envFrom: [base]}],
  ['of two envFrom the later', {...sleep('$(LEVEL)'), envFrom: [base, web]}],
  ['the other way round', {...sleep('$(LEVEL)'), envFrom: [web, base]}],
  ['a prefix', {...sleep('$(P_LEVEL)$(LEVEL)'), envFrom: [{...base, prefix: 'P_'}]}],
  ['a prefix that no kubelet took once', {...sleep('$(1_LEVEL)'), envFrom: [{...base, prefix: '1_'}]}],
  ['a whole Secret', {...sleep('$(password)'), envFrom: [db]}],
  ['a Secret over a ConfigMap', {...sleep('$(LEVEL)'), envFrom: [base, db]}],
  ['env over envFrom', env({LEVEL: 'mine'}, {envFrom: [base]})],
  ['an empty value over envFrom', env({LEVEL: ''}, {envFrom: [base]})],
  ['a key', env({A: fromMap('web', 'dotted.key')})],
  ["a Secret's key", env({A: fromSecret('db', 'password')})],
  ['bytes that are no UTF-8', env({A: fromSecret('db', 'latin')}, sleep())],
  [
    'an optional object that is not there',
    env({A: fromMap('nope', 'x', true)}, {envFrom: [{secretRef: {name: 'nope', optional: true}}]}),
  ],
  ['an optional key that is not there', env({A: fromSecret('db', 'nope', true)})],
  ['an optional key that is not there over envFrom', env({LEVEL: fromSecret('db', 'nope', true)}, {envFrom: [base]})],
];

const expansions: readonly Case[] = [
  ['an earlier variable', env({A: '1', B: '$(A)2'})],
  ['a later variable', env({A: '$(B)', B: '1'})],
  ['a variable of envFrom', env({A: '[$(LEVEL)]'}, {envFrom: [base]})],
  ['itself', env({PATH: '/bin:$(PATH)'})],
  ["itself over envFrom's", env({LEVEL: '$(LEVEL)+'}, {envFrom: [base]})],
  [
    'the same name twice',
    {
      ...sleep('$(A)'),
      env: [
        {name: 'A', value: '1'},
        {name: 'A', value: '$(A)2'},
      ],
    },
  ],
  ['a Secret', env({P: fromSecret('db', 'password'), URL: 'pg://app:$(P)@db'})],
  ['nothing', env({A: '$(NOPE) $() $(A'})],
  ['dollars', env({A: '1', B: '$$(A) $$$(A) $$$$(A) $A $', C: '$(B)'})],
  ["a shell's form", env({A: '1', B: ['$', '{A}'].join(''), C: '$((A))'})],
  ['a nested one', env({A: 'B', B: '1', C: '$($(A))'})],
  ['backslashes', env({A: '1', B: '\\$(A) \\\\$(A)'})],
  ["the image's own", env({A: '$(VERSION) $(HOSTNAME)'}, {image: images.web10})],
  ['what kubernetes is', env({A: 'https://$(KUBERNETES_SERVICE_HOST):$(KUBERNETES_SERVICE_PORT_HTTPS)'})],
  ["a service's link", env({A: '$(CACHE_DB_PORT)'})],
  ["a service's link that is covered", env({CACHE_DB_PORT: '$(CACHE_DB_PORT)!'})],
];

const downward: readonly Case[] = [
  ['its names', env({A: field('metadata.name'), B: field('metadata.namespace'), C: field('metadata.uid')})],
  ['its place', env({A: field('spec.nodeName'), B: field('spec.serviceAccountName')})],
  [
    'its addresses',
    env({A: field('status.podIP'), B: field('status.podIPs'), C: field('status.hostIP'), D: field('status.hostIPs')}),
  ],
  [
    'its labels',
    env({A: field("metadata.labels['app']"), B: field("metadata.labels['nope']"), C: field("metadata.annotations['a/b']")}),
  ],
  ['limits', env({A: resource('limits.cpu'), B: resource('limits.cpu', '1m'), C: resource('limits.memory', '1Mi')}, bounded)],
  ['requests', env({A: resource('requests.cpu', '1m'), B: resource('requests.memory')}, bounded)],
  [
    'limits that are not set',
    env({A: resource('limits.cpu', '1m'), B: resource('limits.memory'), C: resource('limits.ephemeral-storage', '1Mi')}),
  ],
  [
    "requests that are not set, and another container's",
    env({A: resource('requests.cpu'), B: resource('limits.cpu', '1m', 'c4'), C: resource('limits.cpu', '1m', 'c0')}),
  ],
];

const commands: readonly Case[] = [
  ['neither: ENTRYPOINT and CMD', {image: images.web10}],
  ['args alone: ENTRYPOINT and args', {image: images.web10, args: ['9090']}],
  [
    'args with a reference',
    {image: images.web10, args: ['$(PORT)', '$$(PORT)', '$(NOPE)'], env: [{name: 'PORT', value: '9091'}]},
  ],
  ['command alone: CMD is dropped', {image: images.web10, command: ['sh', '-c', 'sleep 3600; :']}],
  [
    'both',
    {
      image: images.web10,
      command: ['sh', '-c'],
      args: ['sleep 3600; :', '$(PORT)', 'a b', ''],
      env: [{name: 'PORT', value: '1'}],
    },
  ],
  ['a Secret among args', {...sleep(), args: ['-p$(P)'], env: [{name: 'P', valueFrom: fromSecret('db', 'password')}]}],
  ['an empty list is as none', {image: images.web10, command: [], args: ['9092']}],
];

const cluster = await connect({kubeconfig: liveCluster().kubeconfig});
const never = new AbortController().signal;
const home = await namespace();
const pods: readonly (readonly [name: string, cases: readonly Case[], spec: object])[] = [
  ['values', values, {}],
  ['expansions', expansions, {}],
  ['downward', downward, {enableServiceLinks: false}],
  [
    'commands',
    commands,
    {initContainers: [{name: 'sidecar', restartPolicy: 'Always', ...env({A: '$(LEVEL)'}, {envFrom: [base]})}]},
  ],
];
const podOf = (name: string, containers: readonly Spec[], spec: object): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {name, labels: {app: 'web'}, annotations: {'a/b': 'c'}},
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: containers.map((container, i) => ({name: `c${i}`, ...container})),
      ...spec,
    },
  }) as Pod;

await home.apply(
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {name: 'base'},
    data: {LEVEL: 'info', REGION: 'eu'},
    binaryData: {logo: 'AA=='},
  } as KubeObject,
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {name: 'web'},
    data: {LEVEL: 'debug', 'dotted.key': '$(LEVEL)', '1x': 'digit'},
  } as KubeObject,
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {name: 'db'},
    data: {password: 'czNjcjN0Cg==', LEVEL: 'eA==', latin: '/+KCQQ=='},
  } as KubeObject,
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {name: 'cache-db'},
    spec: {
      ports: [
        {name: 'redis', port: 6379},
        {name: 'dns', port: 53, protocol: 'UDP'},
      ],
    },
  } as KubeObject,
  {apiVersion: 'v1', kind: 'Service', metadata: {name: 'headless'}, spec: {clusterIP: 'None', ports: [{port: 80}]}} as KubeObject,
);
// Not applied: that takes no name twice.
for (const pod of [
  podOf(
    'missing',
    [
      env({A: fromSecret('db', 'nope')}),
      env({A: fromMap('nope', 'x')}),
      env({A: '1'}, {envFrom: [{secretRef: {name: 'nope'}}]}),
      env({A: fromSecret('db', 'latin')}),
      env({A: '1'}),
    ],
    {},
  ),
  ...pods.map(([name, cases, spec]) =>
    podOf(
      name,
      cases.map(([, container]) => container),
      spec,
    ),
  ),
])
  await cluster.create('pods', home.name, pod, {}, never);

/** Of each container of a pod by its id: the environment and the words of its main process, as the kernel has them. */
interface Real {
  readonly environ: ReadonlyMap<string, string>;
  readonly cmdline: readonly string[];
}
const real = await processes();

async function processes(): Promise<ReadonlyMap<string, Real>> {
  const ids = new Map<string, string>();
  for (const [name] of pods) {
    const {status} = await home.until(
      'pods',
      name,
      ({status: {initContainerStatuses = [], containerStatuses = []} = {}}) =>
        containerStatuses.length > 0 && [...initContainerStatuses, ...containerStatuses].every(({state}) => state?.running),
    );
    for (const one of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
      ids.set(one.containerID?.replace(/^.*:\/\//, '') ?? '', `${name}/${one.name}`);
  }
  const script = String.raw`for d in /proc/[0-9]*; do grep -q '^NSpid:.*[[:space:]]1$' $d/status 2>/dev/null || continue
    echo "$(tr '\n' ' ' <$d/cgroup)|$(base64 -w0 <$d/environ)|$(base64 -w0 <$d/cmdline)"; done`;
  const {stdout} = await start('docker', ['exec', `${liveCluster().name}-control-plane`, 'bash', '-c', script]).ended;
  const texts = (base64 = '') => Buffer.from(base64, 'base64').toString('utf8').split('\0').slice(0, -1);
  return new Map(
    stdout.split('\n').flatMap((line): [string, Real][] => {
      const [cgroup = '', environ, cmdline] = line.split('|');
      const found = [...ids].find(([id]) => cgroup.includes(id));
      if (found === undefined) return [];
      const variables = texts(environ).map((text): [string, string] => [
        text.slice(0, text.indexOf('=')),
        text.slice(text.indexOf('=') + 1),
      ]);
      return [[found[1], {environ: new Map(variables), cmdline: texts(cmdline)}]];
    }),
  );
}

/** Two images: each is asked for once, of the node itself. */
const asked = new Map<string, ReturnType<AskNode>>();
const ask: AskNode = (node, names, signal) => {
  const known = asked.get(names.join(' ')) ?? askNode(cluster, {}, node, names, signal);
  asked.set(names.join(' '), known);
  return known;
};

const OF_IMAGE_OR_RUNTIME = ['HOME', 'HOSTNAME', 'PATH', 'VERSION'];

async function check(pod: string, container: string): Promise<void> {
  const target = {kind: 'Pod', namespace: home.name, name: pod} as const;
  const {environ, cmdline} = real.get(`${pod}/${container}`) ?? {environ: new Map(), cmdline: []};
  const told = await effectiveEnv(cluster, target, {container, reveal: true}, never);
  expect(told.errors).toEqual([]);
  expect(Object.fromEntries(told.variables.map(({name, value}) => [name, value]))).toEqual(
    Object.fromEntries(
      [...environ].filter(([name]) => !OF_IMAGE_OR_RUNTIME.includes(name) || told.variables.some((one) => one.name === name)),
    ),
  );
  const {argv = [], imageConfig} = await effectiveCommand(cluster, target, {container, reveal: true}, ask, never);
  // A script shows its interpreter before itself.
  expect(cmdline.slice(-argv.length)).toEqual(argv);
  expect(cmdline.length - argv.length).toBe(argv[0] === '/bin/web' ? 1 : 0);
  if (argv[0] === '/bin/web') expect(imageConfig?.entrypoint).toEqual(['/bin/web']);
}

describe.each(pods)('in the pod %s, kops tells what a real container has of', (pod, cases) => {
  test.each(cases.map(([title], i) => [title, `c${i}`] as const))('%s', async (_title, container) => check(pod, container));
});

test('in a sidecar too', () => check('commands', 'sidecar'));

test('what keeps a container from starting is an error', async () => {
  const target = {kind: 'Pod', namespace: home.name, name: 'missing'} as const;
  const reasons = [
    'CreateContainerConfigError',
    'CreateContainerConfigError',
    'CreateContainerConfigError',
    'CreateContainerError',
  ];
  await home.until('pods', 'missing', ({status: {containerStatuses = []} = {}}) =>
    containerStatuses.every(({state}, i) => (i < reasons.length ? state?.waiting?.reason === reasons[i] : state?.running)),
  );
  const errorsOf = async (i: number) => {
    const options = {container: `c${i}`, reveal: false};
    const [{errors}, command] = await Promise.all([
      effectiveEnv(cluster, target, options, never),
      effectiveCommand(cluster, target, options, ask, never),
    ]);
    return [errors.length, command.errors.length];
  };
  expect(await Promise.all([0, 1, 2, 3, 4].map(errorsOf))).toEqual([
    [1, 1],
    [1, 1],
    [1, 1],
    [0, 1],
    [0, 0],
  ]);
  expect(await home.kops(['env', 'missing', '-c', 'c0'])).toMatchObject({code: 3});
});

test('what changed since the container started is stale, and only that', async () => {
  await home.patch('configmaps', 'web', {data: {LEVEL: 'warn', NEW: 'x'}});
  const {stdout, code} = await home.kops(['env', 'pod/values', '-c', 'c7', '--compare', '-o', 'json']);
  const {comparison} = JSON.parse(stdout) as EffectiveEnv;
  expect(code).toBe(0);
  expect(comparison?.via).toBe('/proc/1/environ');
  expect(comparison?.differences.map(({name, state, actual}) => [name, state, actual])).toEqual([
    ['LEVEL', 'stale', 'debug'],
    ['NEW', 'absent', undefined],
    ['PATH', 'extra', expect.any(String)],
    ['HOSTNAME', 'extra', 'values'],
    ['HOME', 'extra', '/root'],
  ]);
});

test("the image's configuration comes from the node's runtime by itself", async () => {
  const {stdout, code} = await home.kops(['command', 'commands', '-c', 'c0', '-o', 'json']);
  const {argv, imageConfig} = JSON.parse(stdout) as EffectiveCommand;
  expect([code, argv, imageConfig?.source]).toEqual([
    0,
    ['/bin/web', '8080'],
    `node ${liveCluster().name}-control-plane (crictl)`,
  ]);
});
