import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, describe, expect, test} from 'vitest';
import {hashOf, renderConfiguration} from '../../src/encryption/configuration/configuration.ts';
import {API_SERVER_MANIFEST, observe, probe, readMetrics} from '../../src/encryption/control-plane.ts';
import type {Api, ApiResponse} from '../../src/kube/api.ts';
import {ConnectionProblem} from '../../src/kube/errors.ts';
import {localNode} from '../../src/nodes/local.ts';
import {secretboxWith} from '../support/servers.ts';

const {signal} = new AbortController();
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, {recursive: true});
});

/** A node that has these files. */
function aNode(files: Readonly<Record<string, string>>) {
  const root = mkdtempSync(join(tmpdir(), 'kops-test-'));
  folders.push(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), {recursive: true});
    writeFileSync(join(root, path), content, {mode: 0o600});
  }
  return {name: 'cp-1', node: localNode('cp-1', {root}), manifestPath: API_SERVER_MANIFEST, address: '172.18.0.2'};
}

const manifest = (flags: readonly string[], mounts = '') => `apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver, namespace: kube-system}
spec:
  containers:
  - name: kube-apiserver
    image: registry.example/kube-apiserver:v1.37.2
    command:
    - kube-apiserver
${flags.map((flag) => `    - '${flag}'`).join('\n')}
${mounts}`;
const MOUNTED = `    volumeMounts:
    - {name: enc, mountPath: /keys, readOnly: true}
  volumes:
  - {name: enc, hostPath: {path: /etc/kubernetes/enc, type: DirectoryOrCreate}}
`;
const FLAG = '--encryption-provider-config=/keys/encryption.yaml';
const configuration = renderConfiguration(secretboxWith(['key1', 'identity']));

describe('what a node asks its API server to do', () => {
  test('the configuration is where the mounts of the pod lead', async () => {
    const state = await observe(
      aNode({
        [API_SERVER_MANIFEST]: manifest(['--advertise-address=10.0.0.7', '--secure-port=7443', FLAG], MOUNTED),
        '/etc/kubernetes/enc/encryption.yaml': configuration,
      }),
      signal,
    );
    expect(state).toMatchObject({
      configPath: '/etc/kubernetes/enc/encryption.yaml',
      configFile: {mode: '600'},
      configuration: secretboxWith(['key1', 'identity']),
      configHash: hashOf(Buffer.from(configuration)),
      configProblem: undefined,
      automaticReload: false,
      endpoint: new URL('https://10.0.0.7:7443'),
    });
  });

  test.each([
    ['without the flag it is nothing', [], '', undefined],
    ['a file that is missing', [FLAG], MOUNTED, 'cp-1 has no encryption configuration at /etc/kubernetes/enc/encryption.yaml'],
    ['a path that no mount leads to', [FLAG], '', 'cp-1 has no encryption configuration at /keys/encryption.yaml'],
  ])('%s', async (_case, flags, mounts, problem) => {
    const state = await observe(aNode({[API_SERVER_MANIFEST]: manifest(flags, mounts)}), signal);
    expect(state).toMatchObject({configFile: undefined, configuration: undefined, configHash: undefined});
    expect(state.configProblem?.message).toBe(problem);
  });

  test('a file that is no configuration is a finding, not a failure', async () => {
    const node = aNode({
      [API_SERVER_MANIFEST]: manifest([FLAG], MOUNTED),
      '/etc/kubernetes/enc/encryption.yaml': 'kind: Nonsense',
    });
    const state = await observe(node, signal);
    expect(state.configuration).toBeUndefined();
    expect(state.configHash).toBe(hashOf(Buffer.from('kind: Nonsense')));
    expect(state.configProblem?.message).toContain('/etc/kubernetes/enc/encryption.yaml on cp-1');
  });

  test("an API server that is none of kubeadm's static pods is a Problem", async () => {
    await expect(observe(aNode({}), signal)).rejects.toMatchObject({message: `cp-1 has no ${API_SERVER_MANIFEST}`, exitCode: 3});
  });

  test.each([
    [['--bind-address=10.0.0.8'], 'https://10.0.0.8:6443/'],
    [['--bind-address=0.0.0.0'], 'https://172.18.0.2:6443/'],
    [['--bind-address=::', '--secure-port=8443'], 'https://172.18.0.2:8443/'],
    [['--advertise-address=fd00::7'], 'https://[fd00::7]:6443/'],
  ])('%s is reached at %s', async (flags, endpoint) => {
    expect((await observe(aNode({[API_SERVER_MANIFEST]: manifest(flags)}), signal)).endpoint.href).toBe(endpoint);
  });

  test.each([
    ['--encryption-provider-config-automatic-reload', true],
    ['--encryption-provider-config-automatic-reload=true', true],
    ['--encryption-provider-config-automatic-reload=T', true],
    ['--encryption-provider-config-automatic-reload=false', false],
  ])('%s', async (flag, automaticReload) => {
    expect(await observe(aNode({[API_SERVER_MANIFEST]: manifest([flag])}), signal)).toMatchObject({automaticReload});
  });
});

const HASH = 'sha256:f2365fae2b60deb36296a443133c117cb1273b76b209564baf5445f779ad999e';
const METRICS = `# TYPE apiserver_encryption_config_controller_last_config_info gauge
apiserver_encryption_config_controller_last_config_info{apiserver_id_hash="sha256:0b1c",hash="${HASH}"} 1
process_open_fds 12
process_start_time_seconds 1.79500000012e+09
`;

test('metrics tell when the process began and which file it has read', () => {
  expect(readMetrics(METRICS)).toEqual({startTime: 1_795_000_000.12, configHash: HASH});
  expect(readMetrics('up 1\n')).toEqual({startTime: undefined, configHash: undefined});
});

describe('what a running API server tells', () => {
  type Answer = Partial<ApiResponse> | Error;
  const secretNamed = (name: string) => ({body: Buffer.from(JSON.stringify({items: [{metadata: {namespace: 'shop', name}}]}))});
  const well: Record<string, Answer> = {
    '/api/v1/secrets?limit=1': secretNamed('db'),
    '/api/v1/namespaces/shop/secrets/db': {body: Buffer.from('{}')},
    '/readyz?verbose': {body: Buffer.from('[+]ping ok\nreadyz check passed\n')},
    '/metrics': {body: Buffer.from(METRICS)},
  };
  const api = (answers: Record<string, Answer>, asked: string[] = []): Api => ({
    context: 'x',
    server: 'https://10.0.0.1:6443',
    async send({method, path}) {
      asked.push(`${method} ${path}`);
      const answer = answers[path];
      if (answer instanceof Error) throw answer;
      return {status: 200, headers: {}, body: Buffer.alloc(0), ...answer};
    },
  });
  const refused = (status: number, reason: string): Answer => ({
    status,
    body: Buffer.from(JSON.stringify({kind: 'Status', reason, message: 'Internal error: s3cr3t'})),
  });

  test('one that is well lists Secrets, reads one from etcd, and names its configuration', async () => {
    const asked: string[] = [];
    expect(await probe(api(well, asked), signal)).toEqual({
      answers: true,
      startTime: 1_795_000_000.12,
      configHash: HASH,
      listsSecrets: true,
      notReady: [],
    });
    expect(asked.sort()).toEqual(
      Object.keys(well)
        .map((path) => `GET ${path}`)
        .sort(),
    );
  });

  test('a cluster without any Secret is well too', async () => {
    for (const items of [null, []]) {
      const answers = {...well, '/api/v1/secrets?limit=1': {body: Buffer.from(JSON.stringify({items}))}};
      expect(await probe(api(answers), signal)).toMatchObject({listsSecrets: true});
    }
  });

  test.each([
    [
      'lists from memory what it can no longer decrypt',
      {'/api/v1/namespaces/shop/secrets/db': refused(500, 'InternalError')},
      'it could not read secret shop/db: 500 InternalError',
    ],
    ['cannot list', {'/api/v1/secrets?limit=1': refused(500, 'InternalError')}, 'it could not list secrets: 500 InternalError'],
    ['says nothing of use', {'/api/v1/secrets?limit=1': {status: 502}}, 'it could not list secrets: 502'],
  ])('one that %s does not serve Secrets, and its words are not repeated', async (_case, answers, why) => {
    expect(await probe(api({...well, ...answers}), signal)).toMatchObject({answers: true, listsSecrets: false, why});
  });

  test('a Secret that was deleted in between is no trouble', async () => {
    const answers = {...well, '/api/v1/namespaces/shop/secrets/db': refused(404, 'NotFound')};
    expect(await probe(api(answers), signal)).toMatchObject({listsSecrets: true});
  });

  test('one that may not be asked for its metrics serves Secrets all the same', async () => {
    const answers = {...well, '/metrics': refused(403, 'Forbidden')};
    expect(await probe(api(answers), signal)).toEqual({
      answers: true,
      startTime: undefined,
      configHash: undefined,
      listsSecrets: true,
      notReady: [],
      why: 'it could not read its metrics: 403 Forbidden',
      denied: 'get the path /metrics',
    });
  });

  const unready = '[+]ping ok\n[-]kms-providers failed: reason withheld\n[-]poststarthook/a-b failed: x\nreadyz check failed';
  test.each<[string, Answer, string[]]>([
    ['says which checks failed', {status: 500, body: Buffer.from(unready)}, ['kms-providers', 'poststarthook/a-b']],
    [
      'says so by way of kubectl',
      {status: 500, body: Buffer.from(JSON.stringify({message: `an error on the server (${JSON.stringify(unready)}) has`}))},
      ['kms-providers', 'poststarthook/a-b'],
    ],
    ['does not say which', {status: 503}, ['readyz']],
    ['takes too long over it', new ConnectionProblem('no answer in 4 s', {passing: true}), ['readyz']],
    ['may not be asked', refused(403, 'Forbidden'), []],
    ['knows no such question', refused(404, 'NotFound'), []],
  ])('one that %s', async (_case, answer, notReady) => {
    expect(await probe(api({...well, '/readyz?verbose': answer}), signal)).toMatchObject({listsSecrets: true, notReady});
  });

  test('one that does not let Secrets be listed may serve them: the right is named that is missing', async () => {
    const answers = {...well, '/api/v1/secrets?limit=1': refused(403, 'Forbidden')};
    expect(await probe(api(answers), signal)).toMatchObject({listsSecrets: false, denied: 'list secrets in all namespaces'});
  });

  test('one that does not answer is no failure of the asking', async () => {
    const down = new ConnectionProblem('cannot reach https://10.0.0.1:6443', {passing: true});
    expect(await probe(api({'/api/v1/secrets?limit=1': down}), signal)).toMatchObject({answers: false, listsSecrets: false});
  });

  test('an abort is one', async () => {
    const aborted = new AbortController();
    aborted.abort(new Error('enough'));
    await expect(probe(api({'/api/v1/secrets?limit=1': new Error('cut off')}), aborted.signal)).rejects.toThrow('enough');
  });

  test('an abort in the middle ends all that it has asked, and what ends last is not left to end the process', async () => {
    const aborted = new AbortController();
    const {send, ...place} = api(well);
    const slow: Api = {
      ...place,
      async send(request, its) {
        if (request.path === '/metrics') aborted.abort(new Error('enough'));
        if (request.path.startsWith('/readyz')) await sleep(60_000, undefined, {signal: aborted.signal});
        its.throwIfAborted();
        return send(request, its);
      },
    };
    await expect(probe(slow, aborted.signal)).rejects.toThrow('enough');
    await sleep(1); // an unhandled rejection fails the run
  });
});
