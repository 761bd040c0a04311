import {applyPatch} from 'diff';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {diffTemplates} from '../../src/rollout/diff-template.ts';
import {sameTemplate, type Template} from '../../src/rollout/semantic.ts';
import {toYaml, unifiedDiff} from '../../src/rollout/unified.ts';
import {type TemplateState, template} from '../support/builders.ts';

type Container = NonNullable<TemplateState['container']>;
const container = (state: Container): Template => template({container: state});
const containers = (...names: string[]): Template =>
  template({podSpec: {containers: names.map((name) => ({name, image: `${name}:1`}))}});

test.each<[string, Template, Template, unknown[]]>([
  [
    'a new image',
    template({image: 'web:1.0'}),
    template({image: 'web:2.0'}),
    [{path: 'template.spec.containers[web].image', before: 'web:1.0', after: 'web:2.0'}],
  ],
  [
    'a limit, and one that is only written differently',
    container({resources: {limits: {cpu: '0.1', memory: '64Mi'}}}),
    container({resources: {limits: {cpu: '100m', memory: '128Mi'}}}),
    [{path: 'template.spec.containers[web].resources.limits.memory', before: '64Mi', after: '128Mi'}],
  ],
  [
    'the first limit of all',
    container({}),
    container({resources: {limits: {memory: '64Mi'}}}),
    [{path: 'template.spec.containers[web].resources.limits.memory', before: null, after: '64Mi'}],
  ],
  [
    'a container put in front of another',
    containers('web'),
    containers('proxy', 'web'),
    [{path: 'template.spec.containers[proxy]', before: null, after: {name: 'proxy', image: 'proxy:1'}}],
  ],
  [
    'containers that change places',
    containers('web', 'proxy'),
    containers('proxy', 'web'),
    [{path: 'template.spec.containers', before: ['web', 'proxy'], after: ['proxy', 'web']}],
  ],
  [
    'a variable that goes and one that changes',
    container({env: [{name: 'A', value: '1'}, {name: 'B', value: '2'}]}), // biome-ignore format: one line
    container({env: [{name: 'B', value: '3'}]}),
    [
      {path: 'template.spec.containers[web].env[A]', before: {name: 'A', value: '1'}, after: null},
      {path: 'template.spec.containers[web].env[B].value', before: '2', after: '3'},
    ],
  ],
  [
    'variables that repeat a name, which have no path of their own',
    container({env: [{name: 'A', value: '1'}, {name: 'A', value: '2'}]}), // biome-ignore format: one line
    container({env: [{name: 'A', value: '1'}]}),
    [
      {
        path: 'template.spec.containers[web].env',
        before: [{name: 'A', value: '1'}, {name: 'A', value: '2'}], // biome-ignore format: one line
        after: [{name: 'A', value: '1'}],
      },
    ],
  ],
  [
    'a port without a name, by its number',
    container({ports: [{containerPort: 80}, {containerPort: 81}]}),
    container({ports: [{containerPort: 80}, {containerPort: 81, hostPort: 81}]}),
    [{path: 'template.spec.containers[web].ports[81].hostPort', before: null, after: 81}],
  ],
  [
    'a port that two protocols share',
    container({ports: [{containerPort: 53, protocol: 'UDP'}]}),
    container({ports: [{containerPort: 53, protocol: 'UDP'}, {containerPort: 53, protocol: 'TCP'}]}), // biome-ignore format: one line
    [{path: 'template.spec.containers[web].ports[53/TCP]', before: null, after: {containerPort: 53, protocol: 'TCP'}}],
  ],
  [
    'a restart, whose annotation has dots and a slash',
    template(),
    {...template(), metadata: {labels: {app: 'web'}, annotations: {'kubectl.kubernetes.io/restartedAt': 'now'}}},
    [{path: 'template.metadata.annotations[kubectl.kubernetes.io/restartedAt]', before: null, after: 'now'}],
  ],
  [
    'arguments, which only mean something together',
    container({args: ['--a']}),
    container({args: ['--a', '--b']}),
    [{path: 'template.spec.containers[web].args', before: ['--a'], after: ['--a', '--b']}],
  ],
  ['nothing', template({labels: {app: 'web', 'pod-template-hash': 'x'}}), template(), []],
])('finds %s', (_case, before, after, changes) => {
  expect(diffTemplates(before, after)).toEqual(changes);
});

test('a unified diff names both sides and shows no mere spelling', () => {
  const before = container({image: 'web:1.0', resources: {limits: {cpu: '0.1'}}});
  const after = container({image: 'web:2.0', resources: {limits: {cpu: '100m'}}});
  const unified = unifiedDiff(before, after, {before: 'deployment/web revision 1', after: 'deployment/web revision 2'});
  expect(unified).toMatchInlineSnapshot(`
    "--- deployment/web revision 1
    +++ deployment/web revision 2
    @@ -4,7 +4,7 @@
     spec:
       containers:
       - name: web
    -    image: web:1.0
    +    image: web:2.0
         resources:
           limits:
             cpu: "0.1"
    "
  `);
});

const someTemplate = fc
  .record({
    names: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), {minLength: 1}),
    image: fc.constantFrom('x:1', 'x:2'),
    cpu: fc.constantFrom('0.1', '100m', '1', undefined),
    env: fc.array(fc.record({name: fc.constantFrom('X', 'Y'), value: fc.constantFrom('1', '2\n3\n')}), {maxLength: 3}),
    args: fc.array(fc.constantFrom('-a', '', 'b c'), {maxLength: 3}),
  })
  .map(({names, image, cpu, env, args}): Template => {
    const limits = cpu === undefined ? {} : {cpu};
    return template({podSpec: {containers: names.map((name) => ({name, image, env, args, resources: {limits}}))}});
  });

test('there are changes, and a unified diff, exactly where two templates are two revisions', () => {
  fc.assert(
    fc.property(someTemplate, someTemplate, (a, b) => {
      expect(diffTemplates(a, b).length === 0).toBe(sameTemplate(a, b));
      expect(unifiedDiff(a, b, {before: 'a', after: 'b'}) === '').toBe(sameTemplate(a, b));
    }),
  );
});

test('a unified diff is a patch: applied to the one it gives the other', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('x:1', 'x:2'),
      fc.array(fc.string(), {maxLength: 4}),
      fc.array(fc.string(), {maxLength: 4}),
      (image, a, b) => {
        const [before, after] = [container({args: ['first', ...a]}), container({image, args: ['first', ...b]})];
        const patch = unifiedDiff(before, after, {before: 'a', after: 'b'});
        if (patch !== '') expect(applyPatch(toYaml(before as never), patch)).toBe(toYaml(after as never));
      },
    ),
  );
});
