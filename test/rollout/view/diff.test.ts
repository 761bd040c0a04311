import {expect, test} from 'vitest';
import type {RolloutDiff} from '../../../src/rollout/diff.ts';
import {diffTemplates} from '../../../src/rollout/diff-template.ts';
import type {Template} from '../../../src/rollout/semantic.ts';
import {renderDiff, renderUnified} from '../../../src/rollout/view/diff.ts';
import {printable} from '../../../src/text/printable.ts';
import {createTheme, type Screen} from '../../../src/text/screen.ts';
import {NOW, template} from '../../support/builders.ts';

const screen: Screen = {theme: createTheme(false), width: 80, now: NOW};
const report = (before: Template, after: Template, to: number | 'live' = 5): RolloutDiff => ({
  kind: 'RolloutDiff',
  workload: {kind: 'Deployment', namespace: 'shop', name: 'web'},
  from: 4,
  to,
  changes: diffTemplates(before, after),
  unified: '',
});
const draw = (before: Template, after: Template) => renderDiff(report(before, after), screen);

test('changes stand as YAML under the path they are at', () => {
  const before = template({image: 'web:1.1', container: {resources: {limits: {memory: '64Mi'}}}});
  const after = template({image: 'web:2.0', container: {resources: {limits: {memory: '128Mi'}}}});
  expect(draw(before, after)).toMatchInlineSnapshot(`
    "deployment/web  shop  revision 4 → 5
      template.spec.containers[web]
    -   image: web:1.1
    +   image: web:2.0
        resources.limits
    -     memory: 64Mi
    +     memory: 128Mi"
  `);
});

test('items that come, go, or change places', () => {
  const item = (name: string) => ({name, image: `${name}:1`});
  const before = template({
    podSpec: {containers: [{...item('web'), env: [{name: 'LOG', value: 'info'}]}, item('proxy'), item('old')]},
  });
  const after = template({
    podSpec: {
      containers: [
        item('new'),
        item('proxy'),
        {
          ...item('web'),
          env: [
            {name: 'LOG', value: 'debug'},
            {name: 'X', value: 'y'},
          ],
        },
      ],
      nodeSelector: {'kubernetes.io/os': 'linux'},
    },
  });
  expect(draw(before, after)).toMatchInlineSnapshot(`
    "deployment/web  shop  revision 4 → 5
      template.spec
    -   containers: [web, proxy]
    +   containers: [proxy, web]
        containers[web]
          env[LOG]
    -       value: info
    +       value: debug
          env
    +       - name: X
    +         value: y
        containers
    -     - name: old
    -       image: old:1
    +     - name: new
    +       image: new:1
        nodeSelector
    +     kubernetes.io/os: linux"
  `);
});

test('of a long script only what is around a change', () => {
  const script = (word: string) => ['set -e', ...Array.from({length: 9}, (_, i) => `step ${i}`), word, 'exit', ''].join('\n');
  const of = (word: string) => template({container: {command: ['sh', '-c', script(word)]}});
  expect(draw(of('start'), of('stop'))).toMatchInlineSnapshot(`
    "deployment/web  shop  revision 4 → 5
      template.spec.containers[web]
        command:
          …
          step 7
          step 8
    -     start
    +     stop
          exit"
  `);
});

test('a value cannot colour the screen', () => {
  const of = (value: string) => template({container: {env: [{name: 'A', value}]}});
  const lines = draw(of('1'), of('\u001b[31mred\u009b\nagain\n')).split('\n');
  expect(lines).toEqual(lines.map(printable));
});

test('no difference says so, and a template that is no revision yet is called live', () => {
  expect(draw(template(), template())).toBe('deployment/web  shop  revision 4 → 5: no difference');
  expect(renderDiff(report(template(), template({image: 'web:3.0'}), 'live'), screen)).toMatchInlineSnapshot(`
    "deployment/web  shop  revision 4 → live template, not rolled out yet
      template.spec.containers[web]
    -   image: web:2.0
    +   image: web:3.0"
  `);
});

test('a unified diff for a person is coloured, and obeys nobody', () => {
  const unified = '--- a\n+++ b\n@@ -1 +1 @@\n context\n-old\n+new\u009b\n';
  const tagged = (tag: string) => (text: string) => `<${tag}>${text}`;
  const theme = {...screen.theme, good: tagged('good'), wrong: tagged('wrong'), dim: tagged('dim'), strong: tagged('strong')};
  expect(renderUnified({...report(template(), template()), unified}, {...screen, theme})).toBe(
    ['<strong>--- a', '<strong>+++ b', '<dim>@@ -1 +1 @@', ' context', '<wrong>-old', '<good>+new\\u009b'].join('\n'),
  );
});
