import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {effectiveCommandOfFile} from '../../../src/config/command/command.ts';
import {renderCommand} from '../../../src/config/command/view.ts';
import {readObjects} from '../../../src/config/container/manifest.ts';
import {parseTarget} from '../../../src/config/container/target.ts';
import {effectiveEnvOfFile} from '../../../src/config/env/env.ts';
import {envCommands} from '../../../src/config/env/kubectl.ts';
import {envAssignments} from '../../../src/config/env/shell.ts';
import {renderEnv, renderLeftOut} from '../../../src/config/env/view.ts';
import {createTheme} from '../../../src/text/screen.ts';

const screen = {theme: createTheme(false), width: 80, now: 0};
const options = {reveal: false};
const envOf = (yaml: string, more: {container?: string; reveal?: boolean} = {}) =>
  effectiveEnvOfFile(readObjects(yaml, 'web.yaml'), undefined, 'shop', {...options, ...more});

const SHOP = `
kind: ConfigMap
metadata: {name: base}
data: {LOG_LEVEL: info}
---
kind: ConfigMap
metadata: {name: web-config}
data: {LOG_LEVEL: debug}
---
kind: Secret
metadata: {name: db}
stringData: {password: s3cr3t}
---
kind: Secret
metadata: {name: api}
stringData: {tokn: t0k3n}
---
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      initContainers: [{name: proxy, restartPolicy: Always}]
      containers:
        - name: web
          envFrom: [{configMapRef: {name: base}}, {configMapRef: {name: web-config}}, {configMapRef: {name: elsewhere}}]
          env:
            - {name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}
            - {name: DB_URL, value: "postgres://$(DB_USER):$(DB_PASSWORD)@db.shop.svc.cluster.local:5432/shop"}
            - {name: DB_USER, value: app}
            - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
            - {name: EMPTY}
            - {name: LINES, value: "a\\nb"}
            - {name: API_TOKEN, valueFrom: {secretKeyRef: {name: api, key: token}}}
            - {name: FEATURE, valueFrom: {secretKeyRef: {name: api, key: feature, optional: true}}}
`;

describe('on the screen', () => {
  test('each variable, where it comes from, what it covers, and what is wrong with it', () => {
    expect(renderEnv(envOf(SHOP), screen)).toMatchInlineSnapshot(`
      "deployment/web  shop  container web                 from the next start of a pod
      other containers: proxy
      LOG_LEVEL    debug                                configmap/web-config (envFrom)
                   shadows "info" from configmap/base (envFrom)
      DB_PASSWORD  ••••••                               secret/db password
      DB_URL       postgres://$(DB_USER):••••••@db.shop.svc.cluster.local:5432/shop
                   value
                   ⚠ DB_USER is defined later: stays literal
      DB_USER      app                                  value
      POD_IP       <status.podIP>                       field status.podIP
      EMPTY        (empty)                              value
      LINES        a␊b                                  value
      API_TOKEN    ✗ missing                            secret/api token
                   secret/api has no key token: the container will not start
                   → it has tokn
      - skipped FEATURE of secret/api feature: there is no such key, and it is
        optional
      ? what Services would define is not known: a cluster alone has their addresses
      ? configmap/elsewhere (envFrom) is not known: it is not in web.yaml"
    `);
  });
  test('a container without variables', () => {
    expect(renderEnv(envOf(SHOP, {container: 'proxy'}), screen)).toMatchInlineSnapshot(`
      "deployment/web  shop  sidecar container proxy       from the next start of a pod
      other containers: web
      ? what Services would define is not known: a cluster alone has their addresses"
    `);
  });
  test('service links are counted; what a running container has otherwise comes last', () => {
    const source = {type: 'configMap', via: 'envFrom', object: 'configmap/web'} as const;
    const link = {type: 'service', via: 'serviceLink', object: 'service/db'} as const;
    const variable = (name: string, value: string, from: typeof source | typeof link) =>
      ({name, value, shown: value, secret: false, source: from, shadows: [], warnings: []}) as const;
    const report = {
      ...envOf(SHOP),
      pod: 'web-7bfb4bc78d-2xkq9',
      variables: [variable('LEVEL', 'debug', source), variable('DB_PORT', 'tcp://10.0.0.1:80', link)],
      skipped: [],
      errors: [],
      unknown: [],
      comparison: {
        pod: 'web-7bfb4bc78d-2xkq9',
        via: '/proc/1/environ',
        same: 1,
        differences: [
          {name: 'LEVEL', state: 'stale', expected: 'debug', actual: 'info', source, secret: false},
          {name: 'NEW', state: 'absent', expected: 'x', source, secret: false},
          {name: 'PATH', state: 'extra', actual: '/bin', secret: false},
          {name: 'MADE', state: 'program', secret: false},
        ],
      },
    } as const;
    expect(renderEnv(report, screen)).toMatchInlineSnapshot(`
      "deployment/web  shop  container web                     pod web-7bfb4bc78d-2xkq9
      other containers: proxy
      LEVEL  debug         configmap/web (envFrom)
      + 1 variable for the service db: -o json lists them

      running  pod/web-7bfb4bc78d-2xkq9, by /proc/1/environ: 1 of 3 as they would be
      ⚠ LEVEL  stale: it has "info", a start now gives "debug", configmap/web
               (envFrom)
      ⚠ NEW    not there: defined since it started, configmap/web (envFrom)
      + MADE   set by the container's own program
      + of the image, of the runtime, or no longer defined: PATH
      → a restart brings it up to date: kops rollout restart deployment/web -n shop"
    `);
  });
});

test('without --reveal no Secret is in the report, and with it all of them are', () => {
  const masked = JSON.stringify(envOf(SHOP));
  expect([masked.includes('s3cr3t'), masked.includes('t0k3n')]).toEqual([false, false]);
  expect(envOf(SHOP, {reveal: true}).variables.find(({name}) => name === 'DB_URL')?.value).toBe(
    'postgres://$(DB_USER):s3cr3t@db.shop.svc.cluster.local:5432/shop',
  );
});

test('whatever a container makes of a Secret, nothing of it is told without --reveal', () => {
  const name = fc.constantFrom('A', 'B', 'LOG_LEVEL', 'password');
  const entry = fc.oneof(
    fc.record({name, value: fc.constantFrom('$(A)', 'x$(B)$$(A)', '$(password)$(LOG_LEVEL)', 'plain')}),
    fc.record({name, valueFrom: fc.constant({secretKeyRef: {name: 'db', key: 'password'}})}),
    fc.record({name, valueFrom: fc.constant({secretKeyRef: {name: 'db', key: 'gone', optional: true}})}),
  );
  const from = fc.constantFrom({secretRef: {name: 'db'}}, {configMapRef: {name: 'base'}});
  fc.assert(
    fc.property(fc.array(entry, {maxLength: 6}), fc.array(from, {maxLength: 3}), (env, envFrom) => {
      const web = {kind: 'Pod', metadata: {name: 'web'}, spec: {containers: [{name: 'web', env, envFrom}]}};
      const yaml = `${SHOP.split('---').slice(0, 3).join('---')}---\n${JSON.stringify(web)}`;
      const report = envOf(yaml);
      expect(JSON.stringify(report) + renderEnv(report, screen)).not.toContain('s3cr3t');
      for (const {value, secret} of envOf(yaml, {reveal: true}).variables) expect(secret).toBe(value?.includes('s3cr3t'));
    }),
  );
});

describe('for a shell', () => {
  test('a Secret is refused without --reveal, by the name of its variable alone', () => {
    expect(() => envAssignments(envOf(SHOP), {})).toThrow(
      expect.objectContaining({why: 'of a Secret is what is in DB_PASSWORD, DB_URL', exitCode: 2}),
    );
  });
  test('what is not known is left out, and said to be', () => {
    const {text, left} = envAssignments(envOf(SHOP, {reveal: true}), {reveal: true});
    expect(left).toEqual(['POD_IP']);
    expect(text).toContain("DB_PASSWORD='s3cr3t'\n");
  });
});

describe("the lecture's manifests", () => {
  const POD = (container: string) => `
kind: ConfigMap
metadata: {name: app-config}
data: {APP_COLOR: blue, APP_MODE: pord}
---
kind: Secret
metadata: {name: app-secret}
data: {DB_HOST: mysql, DB_User: root, DB_Password: p@ssw0rd}
---
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, ${container}}]}
`;
  test.each([
    ['a whole ConfigMap', 'envFrom: [{configMapRef: {name: app-config}}]'],
    ['one key of it', 'env: [{name: APP_COLOR, valueFrom: {configMapKeyRef: {name: app-config, key: APP_COLOR}}}]'],
  ])('%s', (_case, container) => {
    expect(envOf(POD(container)).errors).toEqual([]);
    expect(envOf(POD(container)).variables[0]).toMatchObject({name: 'APP_COLOR', value: 'blue'});
  });
  test('a whole Secret whose data is plain text', () => {
    expect(renderEnv(envOf(POD('envFrom: [{secretRef: {name: app-secret}}]')), screen)).toMatchInlineSnapshot(`
      "pod/web  shop  container web                        from the next start of a pod
      DB_User      ••••••        secret/app-secret (envFrom)
                   ⚠ its value is not UTF-8: the container gets U+FFFD for each byte
                   that is not
      DB_HOST      ✗ error       secret/app-secret DB_HOST (envFrom)
                   its value is not base64: the API server refuses that Secret: the
                   container will not start
                   → encode it, or put plain text into stringData
      DB_Password  ✗ error       secret/app-secret DB_Password (envFrom)
                   its value is not base64: the API server refuses that Secret: the
                   container will not start
                   → encode it, or put plain text into stringData
      ? what Services would define is not known: a cluster alone has their addresses"
    `);
  });
  test('a valueFrom without secretKeyRef', () => {
    const container = 'env: [{name: DB_Password, valueFrom: {name: app-secret, key: DB_Password}}]';
    expect(renderEnv(envOf(POD(container)), screen)).toMatchInlineSnapshot(`
      "pod/web  shop  container web                        from the next start of a pod
      DB_Password  ✗ error       valueFrom
                   valueFrom names no kind of source: the container will not start
                   → put name and key below secretKeyRef or configMapKeyRef
      ? what Services would define is not known: a cluster alone has their addresses"
    `);
  });
});

test.each([
  [undefined, 'shop.yaml holds 2 workloads', 'it has pod/a and pod/b', 'name one: pod/a'],
  [parseTarget('pod/c', undefined), 'shop.yaml holds no pod/c', 'it has pod/a and pod/b', 'did you mean pod/a?'],
])('of several workloads %j is refused', (target, message, why, next) => {
  const pod = (name: string) => `kind: Pod\nmetadata: {name: ${name}}\nspec: {containers: [{name: web}]}\n`;
  const manifest = readObjects(`${pod('a')}---\n${pod('b')}`, 'shop.yaml');
  expect(() => effectiveEnvOfFile(manifest, target, 'shop', options)).toThrow(
    expect.objectContaining({message, why, next, exitCode: 2}),
  );
});

test('the kubectl lines', () => {
  const scope = {namespace: 'shop'};
  expect(envCommands({kind: 'Deployment', name: 'web'}, {container: 'app', compare: true}, scope)).toEqual([
    'kubectl set env deployment/web --list --resolve -c app -n shop',
    String.raw`kubectl exec deployment/web -c app -n shop -- cat /proc/1/environ | tr '\0' '\n'`,
    'kubectl exec deployment/web -c app -n shop -- env',
  ]);
  expect(envCommands(undefined, {filename: 'web.yaml', compare: false}, {})).toEqual([
    'kubectl set env -f web.yaml --list --resolve',
  ]);
});

test.each([
  ['env that is a mapping', 'env: {A: 1}', 'web.yaml: containers[0].env is not a list'],
  ['a variable that is text', 'env: [A=1]', 'web.yaml: containers[0].env[0] is no mapping'],
  ['a number for a word', 'args: [10]', 'web.yaml: containers[0].args[0] is a number, and a word is text: write it in quotes'],
])('%s is refused', (_case, container, message) => {
  const yaml = `kind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, ${container}}]}`;
  expect(() => envOf(yaml)).toThrow(expect.objectContaining({message, exitCode: 2}));
});

test.each([
  [
    'a value without quotes',
    'env: [{name: PORT, value: 8080}]',
    "its value is a number, and a variable's is text: the API server refuses it",
  ],
  [
    'data without quotes',
    'env: [{name: DEBUG, valueFrom: {configMapKeyRef: {name: app, key: debug}}}]',
    'its value is a truth value, and one of these is text: the API server refuses it',
  ],
])('%s is no text', (_case, container, message) => {
  const yaml = `kind: ConfigMap\nmetadata: {name: app}\ndata: {debug: true}\n---\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, ${container}}]}`;
  expect(envOf(yaml).errors).toMatchObject([{message, fix: 'write it in quotes'}]);
});

test('fields that are left empty are as if they were not there', () => {
  const yaml =
    'kind: Pod\nmetadata: {name: web}\nspec:\n  initContainers:\n  containers: [{name: web, env: , envFrom: , args: }]';
  expect(envOf(yaml).variables).toEqual([]);
});

/** Names are whatever a manifest says: here each of them clears the screen. */
const EVIL = `kind: ConfigMap
metadata: {name: "c\\e[2J", namespace: "shop\\e[2J"}
data: {"k\\e[2J": v}
---
kind: Secret
metadata: {name: "s\\e[2J", namespace: "shop\\e[2J"}
stringData: {"pasword\\e[2J": v}
---
kind: Deployment
metadata: {name: "web\\e[2J", namespace: "shop\\e[2J"}
spec:
  template:
    spec:
      containers:
        - name: "app\\e[2J"
          image: "nginx\\e[2J"
          command: ["<\\e[2J", "$(B)"]
          envFrom: [{configMapRef: {name: "c\\e[2J"}}, {configMapRef: {name: "else\\e[2J"}}, {secretRef: {name: "gone\\e[2J", optional: true}}]
          env:
            - {name: "A\\e[2J", value: "x\\e[2J"}
            - {name: "A\\e[2J", valueFrom: {configMapKeyRef: {name: "c\\e[2J", key: "k\\e[2J"}}}
            - {name: B, valueFrom: {secretKeyRef: {name: "s\\e[2J", key: "password\\e[2J"}}}
            - {name: C, valueFrom: {secretKeyRef: {name: "s\\e[2J", key: "none\\e[2J", optional: true}}}
            - {name: D, valueFrom: {configMapKeyRef: {name: "gone\\e[2J", key: "k\\e[2J"}}}
        - {name: "proxy\\e[2J"}
`;

test('no name of a manifest moves the cursor', () => {
  const report = envOf(EVIL);
  const lines = [renderEnv(report, screen), ...renderLeftOut(report, ['A\u001b[2J'], screen)].join('\n');
  expect(lines).not.toContain('\u001b');
  expect(lines).toContain('container app␛[2J');
  const command = effectiveCommandOfFile(readObjects(EVIL, 'web.yaml'), undefined, 'shop', options);
  expect(renderCommand(command, screen)).not.toContain('\u001b');
});

test('beside assignments for a shell it is told what is not among them', () => {
  const report = envOf(SHOP, {reveal: true});
  expect(renderLeftOut(report, envAssignments(report, {reveal: true}).left, screen).join('\n')).toMatchInlineSnapshot(`
    "✗ API_TOKEN of secret/api token: secret/api has no key token: the container will not start; it has tokn
    ⚠ left out, not possible as a shell variable: POD_IP
    ⚠ skipped FEATURE of secret/api feature: there is no such key, and it is optional
    ⚠ left out, what Services would define: a cluster alone has their addresses
    ⚠ left out, configmap/elsewhere (envFrom): it is not in web.yaml"
  `);
});
