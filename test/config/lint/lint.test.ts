import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {exitCodeOfLint, lintSecrets} from '../../../src/config/lint/lint.ts';
import {renderLint} from '../../../src/config/lint/view.ts';
import {createAuthority} from '../../../src/lab/embedded/certificates.ts';
import {createTheme} from '../../../src/text/screen.ts';

const screen = {theme: createTheme(false), width: 100, now: 0};
const now = Date.parse('2026-11-25T00:00:00Z');
const lint = (...texts: string[]) =>
  lintSecrets(
    texts.map((text, i) => ({file: `${i + 1}.yaml`, text, tracked: false})),
    {now},
  );
const found = (...texts: string[]) => lint(...texts).findings.map(({file, line, rule}) => `${file}:${line} ${rule}`);

test("the lecture's manifests: each mistake, where it is, and what to do", () => {
  const folder = 'test/fixtures/lecture';
  const sources = readdirSync(folder).map((file) => ({file, text: readFileSync(join(folder, file), 'utf8'), tracked: undefined}));
  const report = lintSecrets(sources, {now});
  expect(exitCodeOfLint(report)).toBe(3);
  const own = report.findings.filter(({rule}) => rule !== 'tab-indentation');
  expect(renderLint({...report, findings: own}, screen)).toMatchInlineSnapshot(`
    "secret-env-from.yaml:3  there is no Secret app-config here, but a ConfigMap of that name  wrong-kind
      → refer to the ConfigMap, or name the Secret that is meant
    secret-env.yaml:3  valueFrom does not say from what: name and key stand in it directly, and the API refuses it  value-from-without-ref
      → put name and key one level deeper, under secretKeyRef
    secret.yaml:6  secret/app-secret  DB_HOST is plaintext, where base64 belongs  plaintext-in-data
      → encode it (printf %s VALUE | base64), or move the line to stringData
    secret.yaml:7  secret/app-secret  DB_User looks like plaintext, and is base64 by chance: pods would get 3 bytes that are no text  plaintext-in-data
      → encode it (printf %s VALUE | base64), or move the line to stringData
    secret.yaml:8  secret/app-secret  DB_Password is plaintext, where base64 belongs  plaintext-in-data
      → encode it (printf %s VALUE | base64), or move the line to stringData
    ✗ 1 Secret in 8 files: 5 findings"
  `);
  // every file of it is indented with tabs
  expect(new Set(report.findings.flatMap(({rule, file}) => (rule === 'tab-indentation' ? [file] : [])))).toEqual(
    new Set(sources.map(({file}) => file)),
  );
});

test('nothing is found in good manifests', () => {
  const report = lint('kind: Secret\nmetadata: {name: db}\nstringData: {password: p@ssw0rd}\n---\n# nothing\n');
  expect(exitCodeOfLint(report)).toBe(0);
  expect(renderLint(report, screen)).toBe('✓ 1 Secret in 1 file: nothing found');
});

test.each([
  ['a TLS Secret without its key', 'type: kubernetes.io/tls\ndata: {tls.crt: eA==}', ['1.yaml:3 missing-key']],
  ['basic-auth with one of the two', 'type: kubernetes.io/basic-auth\nstringData: {password: p}', []],
  ['basic-auth with neither', 'type: kubernetes.io/basic-auth\nstringData: {pass: p}', ['1.yaml:3 missing-key']],
  ['more than 1 MiB', `data:\n  a: ${'A'.repeat(1_400_000)}`, ['1.yaml:3 too-large']],
  ['just 1 MiB that is no text', `data:\n  a: ${Buffer.alloc(1_048_576, 0xff).toString('base64')}`, []],
  ['a byte more', `data:\n  a: ${Buffer.alloc(1_048_577, 0xff).toString('base64')}`, ['1.yaml:3 too-large']],
  ['a key that is no text to kubectl', 'stringData: {on: x, "off": x, 1: x}', ['1.yaml:3 invalid-key']],
  ['values that are no text to kubectl', 'stringData: {a: yes, b: "yes", c: 12:30:00}', ['1.yaml:3 not-a-string']],
  ['what an anchor brings in', 'x: &x {a: p@ss}\ndata:\n  <<: *x', ['1.yaml:4 plaintext-in-data']],
  ['data that is another mapping', 'x: &x {a: p@ss}\ndata: *x', ['1.yaml:4 plaintext-in-data']],
  ['a key twice', 'stringData:\n  a: x\n  a: y', ['1.yaml:5 invalid-yaml']],
  ['what sops encrypted', 'data: {a: "ENC[AES256_GCM]"}\nsops: {version: 3}', []],
])('%s', (_case, text, expected) => {
  expect(found(`kind: Secret\nmetadata: {name: db}\n${text}\n`)).toEqual(expected);
});

describe('certificates and their keys', () => {
  const DAY = 24 * 3_600_000;
  const TEN_YEARS = 3_652 * DAY;
  const madeAt = (time: number) => createAuthority('ca', time);
  const made = Promise.all([
    madeAt(now),
    madeAt(now),
    madeAt(now - TEN_YEARS - 40 * DAY),
    madeAt(now - TEN_YEARS + 12 * DAY),
    madeAt(now + 40 * DAY),
  ]);
  const secretOf = (stringData: object) => JSON.stringify({kind: 'Secret', metadata: {name: 'web'}, stringData}, null, 1);
  /** The certificate of each and its key: `a`, another one `b`, one that is over, one that soon is, one of the future. */
  async function certificates() {
    const [a, b, over, soon, future] = await made;
    return {a, b, over, soon, future};
  }

  test.each([
    ['tls.crt', 'tls.key'],
    ['ca.crt', 'ca.key'],
    ['cert.pem', 'key.pem'],
    ['fullchain.pem', 'privkey.pem'],
    ['server-cert.pem', 'server-key.pem'],
    ['server.pem', 'server-key.pem'],
    ['client.crt', 'client.key'],
    ['certificate', 'private-key'],
  ])('%s and %s belong together, or are told not to', async (certificate, key) => {
    const {a, b} = await certificates();
    expect(found(secretOf({[certificate]: a.certificate, [key]: a.key}))).toEqual([]);
    const report = lint(secretOf({[certificate]: a.certificate, [key]: b.key}));
    expect(report.findings).toMatchObject([{line: 8, rule: 'key-mismatch', message: `${key} is not the key of ${certificate}`}]);
  });

  test('names that have nothing in common are no pair, and a key may be that of one of two', async () => {
    const {a, b} = await certificates();
    expect(found(secretOf({'ca.crt': a.certificate, 'tls.key': b.key}))).toEqual([]);
    expect(found(secretOf({'cert.pem': b.certificate, 'fullchain.pem': a.certificate, 'privkey.pem': a.key}))).toEqual([]);
    expect(found(secretOf({'haproxy.pem': a.certificate + b.key}))).toEqual(['1.yaml:7 key-mismatch']);
  });

  test('a certificate and its key in the place of each other', async () => {
    const {a} = await certificates();
    expect(
      lint(secretOf({'tls.crt': a.key, 'tls.key': a.certificate})).findings.map(({line, message}) => [line, message]),
    ).toEqual([
      [7, 'tls.crt holds a private key, where a certificate belongs'],
      [8, 'tls.key holds a certificate, where a private key belongs'],
    ]);
    expect(found(secretOf({'tls.crt': a.certificate + a.key}))).toEqual([]);
  });

  test('one that is over, or not yet valid, is found; one that soon is over is a note', async () => {
    const {a, over, soon, future} = await certificates();
    const report = lint(
      secretOf({'a.crt': over.certificate, 'b.crt': future.certificate, 'c.crt': soon.certificate, 'd.crt': a.certificate}),
    );
    expect(renderLint(report, screen)).toMatchInlineSnapshot(`
      "1.yaml:7  secret/web  the certificate in a.crt expired 40d ago, on 2026-10-16  certificate-expired
        → renew it, or take it out where nobody needs it
      1.yaml:8  secret/web  the certificate in b.crt is not valid before 2027-01-03T23:55:00Z  certificate-not-yet-valid
        → put in one that is valid now; if it should be, look at the clock of who made it
      ⚠ 1.yaml:9  secret/web  the certificate in c.crt expires in 12d
      ✗ 1 Secret in 1 file: 2 findings"
    `);
    expect(exitCodeOfLint(lint(secretOf({'c.crt': soon.certificate})))).toBe(0);
  });

  test('in a chain one that is over is one too many; among authorities it harms nobody', async () => {
    const {a, over} = await certificates();
    const leaf = await a.issue({commonName: 'web', usages: ['server']});
    expect(found(secretOf({'tls.crt': leaf.certificate + over.certificate}))).toEqual(['1.yaml:7 certificate-expired']);
    expect(found(secretOf({'ca.crt': a.certificate + over.certificate}))).toEqual([]);
  });
});

test('a file that git tracks, where a Secret with values stands', () => {
  const at = (text: string) =>
    lintSecrets([{file: 'a.yaml', text, tracked: true}], {now}).findings.map(({line, rule}) => `${line} ${rule}`);
  expect(at('apiVersion: v1\nkind: Secret\nstringData: {a: b}')).toEqual(['2 tracked-by-git']);
  expect(at('kind: Secret\nmetadata: {name: filled-by-a-controller}')).toEqual([]);
  expect(at('kind: SealedSecret\nspec: {encryptedData: {a: b}}')).toEqual([]);
});

const SECRET = 'kind: Secret\nmetadata: {name: db, namespace: shop}\nstringData: {user: a, password: b}\n';
const deployment = (env: string, namespace = 'shop') => `kind: Deployment
metadata: {name: web, namespace: ${namespace}}
spec: {template: {spec: {containers: [{name: web,
  ${env}}]}}}`;

test.each([
  ['a key that exists', 'env: [{name: P, valueFrom: {secretKeyRef: {name: db, key: password}}}]', []],
  ['a key that does not', 'env: [{name: P, valueFrom: {secretKeyRef: {name: db, key: pasword}}}]', ['2.yaml:4 unknown-key']],
  ['one that may be missing', 'env: [{name: P, valueFrom: {secretKeyRef: {name: db, key: x, optional: true}}}]', []],
  ['an object that is not among the files', 'env: [{name: P, valueFrom: {secretKeyRef: {name: other, key: x}}}]', []],
  ['an object of the other kind', 'envFrom: [{configMapRef: {name: db}}]', ['2.yaml:4 wrong-kind']],
  ['valueFrom without its source', 'env: [{name: P, valueFrom: {name: db, key: password}}]', ['2.yaml:4 value-from-without-ref']],
  ['other sources', 'env: [{name: P, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]', []],
  ['nothing of it', 'env: [{name: P, value: x}]', []],
])('a reference in another file to %s', (_case, env, expected) => {
  expect(found(SECRET, deployment(env))).toEqual(expected);
});

test('keys of volumes, projected ones too', () => {
  const volumes = `kind: Pod
spec:
  volumes:
  - {name: a, secret: {secretName: db, items: [{key: user, path: u},
      {key: usr, path: u}]}}
  - name: b
    projected:
      sources:
      - secret: {name: db, items: [{key: user, path: u}]}
      - configMap: {name: db}
`;
  expect(found(SECRET, volumes)).toEqual(['2.yaml:5 unknown-key', '2.yaml:10 wrong-kind']);
});

test('a Secret of another namespace is another one', () => {
  expect(found(SECRET, deployment('env: [{name: P, valueFrom: {secretKeyRef: {name: db, key: x}}}]', 'other'))).toEqual([]);
});

test.each([
  ['an action between the lines', 'data:\n  {{- range .Values.x }}\n  a: {{ .b }}\n  {{- end }}'],
  ['an action in the place of a value', 'data:\n  a: {{ .Values.a }}'],
  ['an action with a pipe', 'data:\n  a: {{ .Values.a | b64enc | quote }}'],
  ['an action in the place of a mapping', 'metadata: {{ include "x.labels" . }}'],
  ['an action in quotes that asks for a value of the release', 'metadata: {name: "{{ .Release.Name }}-db"}'],
  ['an action in plain text', 'metadata:\n  name: x-{{ $.Values.name }}'],
])('a template is skipped: %s', (_case, text) => {
  expect(lint(`kind: Secret\n${text}\n`)).toMatchObject({files: 0, skipped: ['1.yaml'], findings: []});
});

test.each([
  ['in quotes, of another program', 'kind: ConfigMap\ndata: {a: "{{ .b }}"}'],
  ['in the lines of a block', 'kind: ConfigMap\ndata:\n  alert.tmpl: |\n    {{ .Values.x }} {{ range .Alerts }}'],
  ['of a mapping in a mapping', 'kind: ConfigMap\ndata: { {a: b}: c }'],
])('braces that are no template: %s', (_case, text) => {
  expect(lint(text)).toMatchObject({files: 1, skipped: []});
});

test('how many templates were skipped is told, and how they can be judged', () => {
  const template = 'kind: Secret\nstringData: {a: {{ .Values.a }}}';
  expect(renderLint(lint(template, SECRET, template), screen)).toMatchInlineSnapshot(`
    "⚠ 2 templates skipped: 1.yaml and 3.yaml
      → render first: helm template CHART | kops secret lint -f -
    ✓ 1 Secret in 1 file: nothing found"
  `);
  expect(renderLint(lint(template), screen)).toMatchInlineSnapshot(`
    "⚠ 1 template skipped: 1.yaml
      → render first: helm template CHART | kops secret lint -f -
    ✗ nothing was checked: templates are no manifests yet"
  `);
});

test.each([
  ['templates alone', ['kind: Secret\nstringData: {a: {{ .Values.a }}}'], 'templates are no manifests yet'],
  ['nothing, as of a program that failed', [''], 'there is no object in 1 file'],
  ['comments and text', ['# a\n', 'just words'], 'there is no object in 2 files'],
])('what nobody read is not all well: %s', (_case, texts, why) => {
  const report = lint(...texts);
  expect(exitCodeOfLint(report)).toBe(2);
  expect(renderLint(report, screen)).toContain(`✗ nothing was checked: ${why}`);
});

test.each([
  ['in quotes', 'a: "{{ .b }}"\n  b: [\n'],
  ['in single quotes', "a: '{{ .b }}'\n  b: [\n"],
  ['in a block', 'a: |\n    {{ .b }}\n  b: [\n'],
  ['in a comment', 'a: b # {{ .b }}\n  b: [\n'],
])('braces %s make no template of a file that is broken elsewhere', (_case, data) => {
  expect(lint(`kind: Secret\nmetadata: {name: db}\nstringData:\n  ${data}`)).toMatchObject({
    skipped: [],
    findings: [{rule: 'invalid-yaml'}],
  });
});

test('a file that is broken keeps nobody from looking at its other documents', () => {
  expect(found('kind: [\n---\nkind: Secret\nmetadata: {name: db}\ndata: {a: p@ss}\n')).toEqual([
    '1.yaml:2 invalid-yaml',
    '1.yaml:5 plaintext-in-data',
  ]);
});

test('a value that YAML takes for something else is a finding that does not quote it, and the next file is read', () => {
  const secret = (value: string) => `kind: Secret\nmetadata: {name: db}\nstringData:\n  password: ${value}\n`;
  const report = lint(
    secret('*hunter2'),
    secret('|hunter2'),
    secret('!a!hunter2'),
    secret('"\\xhunter2"'),
    'kind: Secret\ndata: {a: p@ss}\n',
  );
  expect(report.findings.map(({file, line, rule}) => `${file}:${line} ${rule}`)).toEqual([
    '1.yaml:4 invalid-yaml',
    '2.yaml:4 invalid-yaml',
    '3.yaml:4 invalid-yaml',
    '4.yaml:4 invalid-yaml',
    '5.yaml:2 plaintext-in-data',
  ]);
  expect(JSON.stringify(report)).not.toContain('hunter2');
});
