import {describe, expect, test} from 'vitest';
import {exitCodeOfMissing, missingConfig} from '../../../src/config/usage/missing.ts';
import {configUsage, configUsages, exitCodeOfUnused, exitCodeOfUsage, unusedConfig} from '../../../src/config/usage/usage.ts';
import {renderMissing, renderUnused, renderUsage, renderUsages} from '../../../src/config/usage/view.ts';
import type {KubeObject} from '../../../src/kube/json.ts';
import {createTheme} from '../../../src/text/screen.ts';
import {deployment, NOW, pod, replicaSet, template} from '../../support/builders.ts';
import {FakeCluster, type FakeOptions} from '../../support/fake-cluster.ts';

const screen = {theme: createTheme(false), width: 100, now: NOW};
const never = new AbortController().signal;
const object = (kind: string, name: string, fields: object = {}, metadata: object = {}): KubeObject =>
  ({kind, metadata: {namespace: 'shop', name, creationTimestamp: '2026-05-02T10:00:00Z', ...metadata}, ...fields}) as KubeObject;

const web = deployment({
  template: template({
    container: {
      env: [
        {name: 'DB_PASSWORD', valueFrom: {secretKeyRef: {name: 'db', key: 'password'}}},
        {name: 'DB_USER', valueFrom: {secretKeyRef: {name: 'db', key: 'user'}}},
        {name: 'EXTRA', valueFrom: {secretKeyRef: {name: 'extra', key: 'x', optional: true}}},
      ],
      envFrom: [{configMapRef: {name: 'base'}}],
      volumeMounts: [
        {name: 'tls', mountPath: '/etc/tls'},
        {name: 'tls', mountPath: '/etc/one.crt', subPath: 'tls.crt'},
      ],
    },
    podSpec: {volumes: [{name: 'tls', secret: {secretName: 'tls'}}], imagePullSecrets: [{name: 'pull'}]},
  }),
});
const old = replicaSet({
  revision: 3,
  replicas: 0,
  owner: web,
  template: template({container: {envFrom: [{secretRef: {name: 'db-old'}}]}}),
});
const objects = [
  web,
  old,
  pod({
    owner: old,
    name: 'gone-with-its-template',
    spec: {containers: [{name: 'web', envFrom: [{secretRef: {name: 'unseen'}}]}]},
  }),
  object('Ingress', 'web', {spec: {tls: [{secretName: 'tls', hosts: ['shop.example']}]}}),
  object('Secret', 'db', {data: {password: 'eA=='}}),
  object('Secret', 'tls', {data: {'tls.crt': 'eA=='}}),
  object('Secret', 'lost', {data: {a: 'eA=='}}),
  object('Secret', 'db-old'),
  object('Secret', 'sh.helm.release.v1.web.v1', {}, {labels: {owner: 'helm', name: 'web'}}),
  object('Secret', 'default-token', {}, {annotations: {'kubernetes.io/service-account.name': 'default'}}),
  object('ConfigMap', 'base', {data: {a: 'x'}}),
  object('ConfigMap', 'kube-root-ca.crt'),
];
const cluster = (options: FakeOptions = {}, more: readonly KubeObject[] = []) => new FakeCluster([...objects, ...more], options);
const scope = {resource: 'secrets', namespace: 'shop'} as const;

describe('who uses a Secret', () => {
  test('in which way, and when they see a change', async () => {
    expect(renderUsage(await configUsage(cluster(), {resource: 'secrets', name: 'tls'}, never), screen)).toMatchInlineSnapshot(`
      "secret/tls  shop  3 uses
        deployment/web  web  volume /etc/one.crt  all keys  never
        deployment/web  web  volume /etc/tls      all keys  live
        ingress/web     -    tls shop.example     all keys  live
      live: a change is there in about a minute
      never: mounted by subPath, the same until the pod is replaced"
    `);
  });

  test('once more by revisions that undo may go back to', async () => {
    const {users} = await configUsage(cluster(), {resource: 'secrets', name: 'db-old'}, never);
    expect(users).toMatchObject([{workload: {kind: 'Deployment', name: 'web'}, revision: 3}]);
  });

  test('all of a namespace', async () => {
    expect(renderUsages(await configUsages(cluster(), scope, never), screen)).toMatchInlineSnapshot(`
      "secret/db  shop  2 uses
        deployment/web  web  env DB_PASSWORD  password  restart
        deployment/web  web  env DB_USER      user      restart

      secret/db-old  shop  nobody uses it
        deployment/web revision 3  web  envFrom  all keys  restart

      secret/extra  shop  1 use  does not exist
        deployment/web  web  env EXTRA  x  restart, optional

      secret/pull  shop  1 use  ✗ does not exist
        deployment/web  -  imagePullSecrets  all keys  restart

      secret/tls  shop  3 uses
        deployment/web  web  volume /etc/one.crt  all keys  never
        deployment/web  web  volume /etc/tls      all keys  live
        ingress/web     -    tls shop.example     all keys  live

      live: a change is there in about a minute
      restart: from the next start of a pod
      never: mounted by subPath, the same until the pod is replaced
      5 secrets that somebody refers to, and 3 that nobody does: kops secret usage --unused"
    `);
  });

  test('by its name, in all namespaces', async () => {
    const other = object('Secret', 'db', {}, {namespace: 'other'});
    const {items} = await configUsages(cluster({}, [other]), {resource: 'secrets', name: 'db'}, never);
    expect(items.map(({object, users}) => [object.namespace, users.length])).toEqual([
      ['other', 0],
      ['shop', 2],
    ]);
    await expect(configUsages(cluster(), {resource: 'secrets', name: 'nowhere'}, never)).rejects.toMatchObject({exitCode: 5});
  });

  test('works on names without the right to read Secrets, and says what it could not see', async () => {
    const blind = cluster({forbidden: ['list secrets', 'list cronjobs']});
    const usage = await configUsage(blind, {resource: 'secrets', name: 'extra'}, never);
    expect(usage).toMatchObject({exists: null, users: [{key: 'x', optional: true}]});
    expect(usage.notes).toEqual([
      'may not list cronjobs: users there may be missing here',
      'may not list secrets: which of them exist was not checked',
    ]);
  });

  test('pods speak for a template that may not be read', async () => {
    const blind = cluster({forbidden: ['list replicasets']});
    expect((await configUsages(blind, scope, never)).items.map((item) => item.object.name)).toContain('unseen');
  });

  test.each([
    ['nobody is seen, and pods cannot be looked at', 'lost', ['list pods'], 5],
    ['only an old revision is seen, and Ingresses cannot be looked at', 'db-old', ['list ingresses'], 5],
    ['somebody is seen, and pods cannot be looked at', 'db', ['list pods'], 0],
    ['nobody is seen, and everybody could be looked at', 'lost', [], 0],
  ] as const)('whether it is used, where %s', async (_case, name, forbidden, code) => {
    const usage = await configUsage(cluster({forbidden}), {resource: 'secrets', name}, never);
    expect([usage.complete, exitCodeOfUsage(usage)]).toEqual([forbidden.length === 0, code]);
  });

  test('who may not look at pods and workloads is not told that nobody uses it', async () => {
    const blind = cluster({forbidden: ['list pods', 'list deployments']});
    expect(renderUsage(await configUsage(blind, {resource: 'secrets', name: 'lost'}, never), screen)).toMatchInlineSnapshot(`
      "secret/lost  shop  ⚠ no user seen, as far as could be read
      ⚠ may not list deployments: users there may be missing here
      ⚠ may not list pods: users there may be missing here"
    `);
    const all = await configUsages(blind, {...scope, resource: 'configmaps'}, never);
    expect(exitCodeOfUsage(all)).toBe(5);
    expect(renderUsages(all, screen)).toMatchInlineSnapshot(`
      "0 configmaps that somebody refers to, and 2 of which no user was seen
      ⚠ may not list deployments: users there may be missing here
      ⚠ may not list pods: users there may be missing here"
    `);
  });

  test('a name that nobody has and nobody uses is an error with the nearest one', async () => {
    await expect(configUsage(cluster(), {resource: 'secrets', name: 'lots'}, never)).rejects.toMatchObject({
      message: 'secret/lots not found in namespace shop',
      next: 'kops secret usage lost -n shop',
    });
  });
});

test('a namespace that does not exist is not an empty one', async () => {
  const named = cluster({}, [{kind: 'Namespace', metadata: {name: 'shop'}}]);
  for (const [ask, words] of [
    [configUsages, ''],
    [unusedConfig, ' --unused'],
    [missingConfig, ' --missing'],
  ] as const) {
    await expect(ask(named, {...scope, namespace: 'shpo'}, never)).rejects.toMatchObject({
      message: 'namespace shpo not found',
      next: `kops secret usage${words} -n shop`,
    });
  }
});

describe('what nobody uses', () => {
  test('of Secrets: what helm, tokens and undo need is spared, with the reason', async () => {
    expect(renderUnused(await unusedConfig(cluster(), scope, never), screen)).toMatchInlineSnapshot(`
      "nobody refers to 1 secret
        shop/lost                       2d

      nor to 3 more, which are of use all the same
        shop/db-old                     revision 3 of deployment/web, where undo may go back to, uses it
        shop/sh.helm.release.v1.web.v1  helm keeps its release web in it
        shop/default-token              a token of serviceaccount/default
      Programs that read them through the API, and custom resources, are not seen."
    `);
  });

  test('what pods of an older template still use, and what undo would, is not', async () => {
    const using = (name: string) => ({spec: {containers: [{name: 'c', envFrom: [{secretRef: {name}}]}]}});
    const owned = (kind: string, name: string) => ({
      ownerReferences: [{apiVersion: 'apps/v1', kind, name, uid: 'u', controller: true}],
    });
    const old = [
      object('StatefulSet', 'store', {spec: {template: using('db')}}),
      object(
        'ControllerRevision',
        'store-1',
        {revision: 1, data: {spec: {template: using('first')}}},
        owned('StatefulSet', 'store'),
      ),
      object('Pod', 'store-0', using('second'), owned('StatefulSet', 'store')),
      object('CronJob', 'nightly', {spec: {jobTemplate: {spec: {template: using('db')}}}}),
      object('Job', 'nightly-1', {spec: {template: using('third')}}, owned('CronJob', 'nightly')),
      ...['first', 'second', 'third'].map((name) => object('Secret', name)),
    ];
    const report = await unusedConfig(cluster({}, old), scope, never);
    expect(report.unused.map(({name}) => name)).toEqual(['lost']);
    expect(report.spared.find(({name}) => name === 'first')?.reason).toBe(
      'revision 1 of statefulset/store, where undo may go back to, uses it',
    );
  });

  test('of ConfigMaps', async () => {
    const report = await unusedConfig(cluster(), {...scope, resource: 'configmaps'}, never);
    expect(report).toMatchObject({unused: [], spared: [{name: 'kube-root-ca.crt'}]});
  });

  test('nothing is called unused where a kind of user could not be read', async () => {
    const report = await unusedConfig(cluster({forbidden: ['list statefulsets']}), scope, never);
    expect({...report, code: exitCodeOfUnused(report)}).toMatchObject({code: 5, unused: [], unseen: [{name: 'lost'}]});
    expect(renderUnused(report, screen)).toMatchInlineSnapshot(`
      "⚠ no user was seen of 1 secret, but not everybody could be looked at: any may be in use
        shop/lost                       2d

      nor of 3 more, which are of use all the same
        shop/db-old                     revision 3 of deployment/web, where undo may go back to, uses it
        shop/sh.helm.release.v1.web.v1  helm keeps its release web in it
        shop/default-token              a token of serviceaccount/default
      Programs that read them through the API, and custom resources, are not seen.
      ⚠ may not list statefulsets: users there may be missing here"
    `);
  });

  test('no Secret is read for it', async () => {
    const asked = cluster();
    await unusedConfig(asked, scope, never);
    expect(asked.requests.filter((request) => request.includes('secrets'))).toEqual(['list secrets (metadata)']);
  });
});

describe('what does not exist', () => {
  test('for whom, and what comes of it; optional references do not count', async () => {
    const report = await missingConfig(cluster(), scope, never);
    expect(exitCodeOfMissing(report)).toBe(3);
    expect(renderMissing(report, screen)).toMatchInlineSnapshot(`
      "✗ secret/db  shop  has no key user: pods do not start
          deployment/web  web  env DB_USER  user  restart
      ⚠ secret/pull  shop  does not exist: images may not be pulled
          deployment/web  -  imagePullSecrets  all keys  restart"
    `);
  });

  test('nothing', async () => {
    const report = await missingConfig(cluster(), {...scope, resource: 'configmaps'}, never);
    expect(exitCodeOfMissing(report)).toBe(0);
    expect(renderMissing(report, screen)).toBe('✓ every reference to configmaps leads somewhere');
  });

  test('nothing, as far as could be read', async () => {
    const blind = cluster({forbidden: ['list pods']});
    const report = await missingConfig(blind, {...scope, resource: 'configmaps'}, never);
    expect(exitCodeOfMissing(report)).toBe(5);
    expect(renderMissing(report, screen)).toMatchInlineSnapshot(`
      "⚠ every reference to configmaps that could be read leads somewhere
      ⚠ may not list pods: users there may be missing here"
    `);
  });

  test('nobody knows without the right to list them', async () => {
    const report = await missingConfig(cluster({forbidden: ['list secrets']}), scope, never);
    expect({code: exitCodeOfMissing(report), ...report}).toMatchObject({code: 5, checked: false, missing: []});
  });
});
