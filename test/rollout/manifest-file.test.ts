import {expect, test} from 'vitest';
import {workloadsIn} from '../../src/rollout/manifest-file.ts';

const web = {kind: 'Deployment', name: 'web', namespace: 'shop'};

test.each([
  ['one document', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n', [web]],
  [
    'several documents, an empty one and other kinds among them',
    '---\n---\nkind: Service\nmetadata: {name: web}\n---\nkind: StatefulSet\nmetadata: {name: db, namespace: data}\n---\nkind: Deployment\nmetadata: {name: web}\n',
    [{kind: 'StatefulSet', name: 'db', namespace: 'data'}, web],
  ],
  [
    'a List',
    'kind: List\nitems:\n- {kind: DaemonSet, metadata: {name: agent}}\n',
    [{kind: 'DaemonSet', name: 'agent', namespace: 'shop'}],
  ],
  ['JSON', '{"kind":"Deployment","metadata":{"name":"web"}}', [web]],
] as const)('workloads are found in %s', (_case, text, expected) => {
  expect(workloadsIn(text, 'app.yaml', 'shop')).toEqual(expected);
});

test.each([
  ['a YAML error says file, line and column', 'kind: Deployment\nmetadata:\n  name: web\n bad: x\n', /^app\.yaml:4:\d+: /],
  ['an unclosed brace', '{"kind": "Deployment",', /^app\.yaml:\d+:\d+: /],
  ['no workload', 'kind: Service\nmetadata: {name: web}\n', /^app\.yaml holds no workload$/],
  ['nothing at all', '', /^app\.yaml holds no workload$/],
  ['plain text', 'hello', /^app\.yaml is not a manifest$/],
] as const)('%s', (_case, text, message) => {
  expect(() => workloadsIn(text, 'app.yaml', 'shop')).toThrow(
    expect.objectContaining({exitCode: 2, message: expect.stringMatching(message)}),
  );
});
