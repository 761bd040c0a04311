import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {exitCodeOfLint, lintSecrets} from '../../../src/config/lint/lint.ts';
import {renderLint} from '../../../src/config/lint/view.ts';
import {createAuthority} from '../../../src/lab/embedded/certificates.ts';
import {createTheme} from '../../../src/text/screen.ts';

const screen = {theme: createTheme(false), width: 100, now: 0};
const lint = (...texts: string[]) => lintSecrets(texts.map((text, i) => ({file: `${i + 1}.yaml`, text, tracked: false})));
const found = (...texts: string[]) => lint(...texts).findings.map(({file, line, rule}) => `${file}:${line} ${rule}`);

test("the lecture's manifests: each mistake, where it is, and what to do", () => {
  const folder = 'test/fixtures/lecture';
  const sources = readdirSync(folder).map((file) => ({file, text: readFileSync(join(folder, file), 'utf8'), tracked: undefined}));
  const report = lintSecrets(sources);
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
  ['a key twice', 'stringData:\n  a: x\n  a: y', ['1.yaml:5 invalid-yaml']],
  ['what sops encrypted', 'data: {a: "ENC[AES256_GCM]"}\nsops: {version: 3}', []],
])('%s', (_case, text, expected) => {
  expect(found(`kind: Secret\nmetadata: {name: db}\n${text}\n`)).toEqual(expected);
});

test('a pair that does not belong together', async () => {
  const [one, other] = await Promise.all([createAuthority('a', Date.now()), createAuthority('b', Date.now())]);
  const stringData = {'tls.crt': one.certificate, 'tls.key': other.key};
  const secret = (data: object) => JSON.stringify({kind: 'Secret', type: 'kubernetes.io/tls', stringData: data});
  expect(found(secret(stringData))).toEqual(['1.yaml:1 key-mismatch']);
  expect(found(secret({...stringData, 'tls.key': one.key}))).toEqual([]);
});

test('a file that git tracks, where a Secret with values stands', () => {
  const at = (text: string) =>
    lintSecrets([{file: 'a.yaml', text, tracked: true}]).findings.map(({line, rule}) => `${line} ${rule}`);
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

test('templates are skipped, and named; braces in good YAML are none', () => {
  const report = lint(
    'kind: Secret\ndata:\n  {{- range .Values.x }}\n  a: {{ .b }}\n  {{- end }}',
    'kind: ConfigMap\ndata: {a: "{{ .b }}"}',
  );
  expect(report).toMatchObject({files: 1, skipped: ['1.yaml'], findings: []});
  expect(renderLint(report, screen)).toContain('1.yaml is a template, and was skipped');
});

test('a file that is broken keeps nobody from looking at its other documents', () => {
  expect(found('kind: [\n---\nkind: Secret\nmetadata: {name: db}\ndata: {a: p@ss}\n')).toEqual([
    '1.yaml:2 invalid-yaml',
    '1.yaml:5 plaintext-in-data',
  ]);
});
