import fc from 'fast-check';
import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {jsonText} from '../../src/text/json.ts';
import {yamlText} from '../../src/text/yaml.ts';

const text = fc.oneof(
  fc.string({unit: 'binary'}).filter((some) => !/\p{Cs}/u.test(some)),
  fc
    .array(
      fc.constantFrom(
        'a',
        ' ',
        '\n',
        '\t',
        '#',
        ':',
        '-',
        '\r',
        '\u0085',
        '\u2028',
        '\ufeff',
        '\u009b',
        '\u202e',
        "'",
        '"',
        '\\',
        '\0',
      ),
    )
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
      const yaml = yamlText({apiVersion: 'v1', data});
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
  const data = {'app.yaml': 'level: debug\nname: web\n', on: 'off', '1': '2', path: '/etc/app', tail: 'a \n', one: 'a\n'};
  expect(yamlText({kind: 'ConfigMap', data})).toMatchInlineSnapshot(`
    "kind: ConfigMap
    data:
      "1": "2"
      app.yaml: |
        level: debug
        name: web
      "on": "off"
      path: /etc/app
      tail: "a \\n"
      one: "a\\n""
  `);
});

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    {depthSize: 'small'},
    text,
    fc.integer(),
    fc.double({noDefaultInfinity: true, noNaN: true}).filter((one) => !Object.is(one, -0)),
    fc.constantFrom(true, false, null, undefined),
    fc.array(tie('value'), {maxLength: 4}),
    fc.dictionary(text, tie('value'), {noNullPrototype: true, maxKeys: 4}),
  ),
})).value;

test('lists and mappings of any depth are read back as JSON has them', () => {
  fc.assert(
    fc.property(fc.dictionary(text, plain, {noNullPrototype: true}), (report) => {
      const asJson = JSON.stringify(report);
      expect(JSON.stringify(plainOf(parse(yamlText(report), {mapAsMap: true})))).toBe(asJson);
      expect(JSON.parse(jsonText(report))).toEqual(JSON.parse(asJson));
    }),
    {numRuns: 300},
  );
});

/** `__proto__` is a key like any other only in a Map. */
function plainOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainOf);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([key, one]) => [key, plainOf(one)]));
}

test('what a terminal would obey is an escape, in JSON and in YAML', () => {
  const evil = '\u001b[2J\u009b31m\u202etxt.exe\u007f';
  const report = {[evil]: evil, lines: `a\n${evil}\nb\n`};
  for (const shown of [yamlText(report), jsonText(report, 2)]) {
    expect(shown).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
    expect(shown).toContain(String.raw`\u001b[2J\u009b31m\u202etxt.exe\u007f`);
    expect(parse(shown)).toEqual(report);
  }
});

test('a report as a person reads it, what is in it twice written twice: lists below their key, the first field of an item behind its hyphen', () => {
  const shared = {kind: 'Deployment', name: 'web'};
  const report = {
    items: [
      {of: shared, keys: []},
      {of: shared, keys: ['a', '2']},
    ],
    message: '3 of 10: not (yet) there',
    none: {},
  };
  expect(yamlText(report)).toMatchInlineSnapshot(`
    "items:
      - of:
          kind: Deployment
          name: web
        keys: []
      - of:
          kind: Deployment
          name: web
        keys:
          - a
          - "2"
    message: "3 of 10: not (yet) there"
    none: {}"
  `);
});
