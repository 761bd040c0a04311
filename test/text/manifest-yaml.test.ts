import fc from 'fast-check';
import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {manifestYaml} from '../../src/text/manifest-yaml.ts';

const text = fc.oneof(
  fc.string({unit: 'binary'}).filter((some) => !/\p{Cs}/u.test(some)),
  fc
    .array(fc.constantFrom('a', ' ', '\n', '\t', '#', ':', '-', '\r', '\u0085', '\u2028', '\ufeff', "'", '"', '\\', '\0'))
    .map((some) => some.join('')),
  fc.constantFrom(
    'yes',
    'NO',
    'on',
    'null',
    '~',
    '1e3',
    '0o7',
    '012',
    '0x1f',
    '1_000',
    '12:30:45',
    '2026-11-23',
    '.inf',
    '=',
    '<<',
    'y',
    '+1',
    '-',
  ),
);

test('kubectl, and any parser of YAML 1.1 or 1.2, reads back what was written', () => {
  fc.assert(
    fc.property(fc.dictionary(text, text, {noNullPrototype: true}), (data) => {
      const yaml = manifestYaml({apiVersion: 'v1', data});
      const entries = (version: '1.1' | '1.2') => [
        ...((parse(yaml, {version, mapAsMap: true}) as Map<string, Map<string, string>>).get('data') ?? []),
      ];
      expect(entries('1.1')).toEqual(Object.entries(data));
      expect(entries('1.2')).toEqual(Object.entries(data));
    }),
    {numRuns: 300},
  );
});

test('what needs no quotes has none, and lines stay lines', () => {
  const data = {'app.yaml': 'level: debug\nname: web\n', on: 'off', '1': '2', path: '/etc/app', tail: 'a \n'};
  expect(manifestYaml({kind: 'ConfigMap', data})).toMatchInlineSnapshot(`
    "kind: ConfigMap
    data:
      "1": "2"
      app.yaml: |
        level: debug
        name: web
      "on": "off"
      path: /etc/app
      tail: "a\\ \\n""
  `);
});
