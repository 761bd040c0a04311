import {createTwoFilesPatch} from 'diff';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {stringify} from 'yaml';
import {disableEncryption, enableEncryption, hostPathOf} from '../../../src/encryption/manifest/manifest.ts';
import {CONFIG, FLAGS, kubeadm, mounted, plainManifests, podOf, wordsOf} from '../../support/api-server-manifests.ts';

const patch = (before: string, after: string): string =>
  createTwoFilesPatch('', '', before, after, '', '', {context: 1}).split('\n').slice(4).join('\n');
/** Lists that are empty, or null, mean nothing. */
const meaningOf = (text: string): unknown =>
  JSON.parse(
    JSON.stringify(podOf(text), (_key, value) =>
      value === null || (Array.isArray(value) && value.length === 0) ? undefined : value,
    ),
  );

test('what is added to the manifest of kubeadm: two flags, a mount, a volume, and nothing else changes', () => {
  expect(patch(kubeadm, enableEncryption(kubeadm, CONFIG))).toMatchInlineSnapshot(`
    "@@ -42,2 +42,4 @@
         - --runtime-config=
    +    - --encryption-provider-config=/etc/kubernetes/enc/encryption.yaml
    +    - --encryption-provider-config-automatic-reload=true
         image: registry.k8s.io/kube-apiserver:v1.37.2
    @@ -97,2 +99,5 @@
           readOnly: true
    +    - mountPath: /etc/kubernetes/enc
    +      name: enc
    +      readOnly: true
       hostNetwork: true
    @@ -124,2 +129,6 @@
         name: usr-share-ca-certificates
    +  - hostPath:
    +      path: /etc/kubernetes/enc
    +      type: DirectoryOrCreate
    +    name: enc
     status: {}
    "
  `);
});

describe.each(plainManifests)('a manifest %s', (_name, text) => {
  const enabled = enableEncryption(text, CONFIG);

  test('gets both flags, behind those that it has', () => {
    expect(wordsOf(enabled)).toEqual([...wordsOf(text), ...FLAGS]);
  });

  test('gets the folder, read-only', () => {
    expect(mounted(enabled)).toEqual({path: '/etc/kubernetes/enc', type: 'DirectoryOrCreate', readOnly: true});
    expect(hostPathOf(enabled, CONFIG)).toBe(CONFIG);
  });

  test('keeps everything else', () => {
    const stripped = podOf(enabled);
    const without = {
      ...stripped,
      spec: {
        ...stripped.spec,
        volumes: stripped.spec.volumes?.filter(({hostPath}) => hostPath?.path !== '/etc/kubernetes/enc'),
        containers: stripped.spec.containers.map((container) => ({
          ...container,
          command: container.command?.filter((word) => !FLAGS.includes(word)),
          args: container.args?.filter((word) => !FLAGS.includes(word)),
          volumeMounts: container.volumeMounts?.filter(
            ({name, mountPath}) => name === 'x' || mountPath !== '/etc/kubernetes/enc',
          ),
        })),
      },
    };
    expect(meaningOf(JSON.stringify(without))).toEqual(meaningOf(text));
  });

  test('keeps every comment, and the order of its lines', () => {
    const comments = (source: string) => source.match(/(?<=^|\s)#.*/gm) ?? [];
    expect(comments(enabled).map((line) => line.trimEnd())).toEqual(comments(text).map((line) => line.trimEnd()));
  });

  test('does not change when it is done again', () => {
    expect(enableEncryption(enabled, CONFIG)).toBe(enabled);
  });

  test('is what it was when it is switched off', () => {
    const disabled = disableEncryption(enabled);
    expect(meaningOf(disabled)).toEqual(meaningOf(text));
    expect(disableEncryption(disabled)).toBe(disabled);
  });

  test('is left alone where there is nothing to switch off', () => {
    expect(disableEncryption(text)).toBe(text);
  });

  test('keeps its form: JSON, line breaks, byte order mark', () => {
    expect(enabled.startsWith('\ufeff')).toBe(text.startsWith('\ufeff'));
    expect(/(?<!\r)\n/.test(enabled)).toBe(/(?<!\r)\n/.test(text) || (!text.includes('\n') && enabled.includes('\n')));
    if (text.startsWith('{')) expect(() => JSON.parse(enabled)).not.toThrow();
  });
});

/** Written so that a line more or less is all that a change needs. */
const untouched = plainManifests.filter(([name]) => !/alias|shares|one line|one YAML flow/.test(name));
test.each(untouched)('no line of a manifest %s is written anew', (_name, text) => {
  const lines = (source: string) => source.split(/\r?\n/).map((line) => line.trim().replace(/,$/, ''));
  const enabled = lines(enableEncryption(text, CONFIG));
  const kept = lines(text).filter((line) => !/^(volumes|volumeMounts|args):|^command: \[|^$/.test(line));
  let from = 0;
  for (const line of kept) {
    const index = enabled.indexOf(line, from);
    expect(index, line).toBeGreaterThanOrEqual(from);
    from = index + 1;
  }
});

test.each(plainManifests.filter(([name]) => /kubeadm|comments|Windows|order mark|lab|quoted|apart|args$/.test(name)))(
  'off again, a manifest %s is what it was to the byte',
  (_name, text) => {
    expect(disableEncryption(enableEncryption(text, CONFIG))).toBe(text);
  },
);

describe('however a manifest is written', () => {
  const styles = fc.record({
    indent: fc.integer({min: 2, max: 8}),
    indentSeq: fc.boolean(),
    collectionStyle: fc.constantFrom('any' as const, 'block' as const, 'flow' as const),
    defaultStringType: fc.constantFrom('PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL'),
    lineWidth: fc.constantFrom(0, 40, 80),
    flowCollectionPadding: fc.boolean(),
  });
  const word = fc.constantFrom(
    '--v=2',
    '--allow-privileged',
    '--feature-gates=A=true,B=false',
    '--x=a: b # c',
    '--empty=',
    "--q='",
  );
  const words = fc.array(word);
  const someWords = fc.array(word, {minLength: 1}); // an empty list in block style is written wrongly by the library that writes these
  const volumes = fc.uniqueArray(fc.constantFrom('ca-certs', 'enc', 'enc-2', 'audit'));
  const pods = fc
    .record({command: words, args: fc.option(someWords, {nil: undefined}), volumes})
    .map(({command, args, volumes: names}) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {name: 'kube-apiserver', namespace: 'kube-system', creationTimestamp: null},
      spec: {
        containers: [
          {
            command: ['kube-apiserver', ...command],
            ...(args && {args}),
            image: 'kube-apiserver:v1.37.2',
            name: 'kube-apiserver',
            ...(names.length > 0 && {volumeMounts: names.map((name) => ({mountPath: `/srv/${name}`, name}))}),
          },
        ],
        hostNetwork: true,
        ...(names.length > 0 && {volumes: names.map((name) => ({hostPath: {path: `/srv/${name}`}, name}))}),
      },
      status: {},
    }));

  test('encryption is added to what it says, once, and can be taken out', {timeout: 30_000}, () => {
    fc.assert(
      fc.property(pods, styles, (pod, style) => {
        const text = `---\n${stringify(pod, {version: '1.1', ...style})}`; // a file that begins with { must be JSON
        const enabled = enableEncryption(text, CONFIG);
        expect(wordsOf(enabled)).toEqual([...wordsOf(text), ...FLAGS]);
        expect(mounted(enabled)).toMatchObject({path: '/etc/kubernetes/enc', readOnly: true});
        expect(podOf(enabled).spec.volumes?.slice(0, -1)).toEqual(podOf(text).spec.volumes ?? []);
        expect(enableEncryption(enabled, CONFIG)).toBe(enabled);
        expect(meaningOf(disableEncryption(enabled))).toEqual(meaningOf(text));
      }),
      {numRuns: 50},
    );
  });
});
