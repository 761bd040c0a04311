import {expect, test} from 'vitest';
import {planValues} from '../../../src/config/change/set.ts';
import {renderProposal} from '../../../src/config/change/view.ts';
import type {ConfigObject} from '../../../src/config/create/object.ts';
import {createTheme} from '../../../src/text/screen.ts';

const screen = {theme: createTheme(false), width: 80, now: 0};
const lines = (count: number, other: Readonly<Record<number, string>> = {}) =>
  Array.from({length: count}, (_, i) => `${other[i] ?? `line ${i}`}\n`).join('');
const configMap = {
  kind: 'ConfigMap',
  metadata: {name: 'app'},
  data: {'app.conf': lines(20), gone: 'x', level: 'info'},
  binaryData: {icon: '/wA='},
} as unknown as ConfigObject;

function shown(values: Readonly<Record<string, string | Buffer>>, reveal = true): string {
  const after = new Map(Object.entries(values).map(([key, value]) => [key, Buffer.from(value)]));
  const proposal = {...planValues(configMap, after), renamed: null, theirs: ['other']};
  return renderProposal(proposal, {where: 'shop · kind-kops', reveal}, screen);
}

test('the difference of texts is shown, that of bytes is told; nothing can move the cursor', () => {
  const after = {
    'app.conf': lines(20, {1: 'first', 18: 'esc \u001b[0m'}),
    level: 'info\n',
    new: 'y',
    icon: Buffer.from([0xff, 0, 1]),
  };
  expect(shown(after)).toMatchInlineSnapshot(`
    "configmap/app  shop · kind-kops
      ~ app.conf
          line 0
        - line 1
        + first
          line 2
          line 3
          line 4
          …
          line 15
          line 16
          line 17
        - line 18
        + esc ␛[0m
          line 19
      - gone
        - x
      ~ icon  2 bytes → 3 bytes
      ~ level
        - info
          (no newline at its end)
        + info
      + new
        + y
      changed by others meanwhile, and kept: other"
  `);
  expect(shown(after, false)).toMatchInlineSnapshot(`
    "configmap/app  shop · kind-kops
      ~ app.conf  150 bytes, other ones
      - gone      1 byte
      ~ icon      2 bytes → 3 bytes
      ~ level     4 bytes → 5 bytes
      + new       1 byte
      changed by others meanwhile, and kept: other"
  `);
});

test('of what differs in too many lines only the sizes are told', () => {
  expect(shown({'app.conf': lines(3000), gone: 'x', level: 'info', icon: Buffer.from([0xff, 0])})).toMatch(
    /~ app\.conf {2}150 bytes → 28 KiB\n/,
  );
});
