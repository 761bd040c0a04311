import {expect, test} from 'vitest';
import type {LabStatus} from '../../src/lab/driver.ts';
import {renderList, renderRemoval, renderStatus, renderUp} from '../../src/lab/view.ts';
import {createTheme, type Screen} from '../../src/text/screen.ts';

const screen: Screen = {theme: createTheme(false), width: 60, now: 0};

const lab: LabStatus = {
  kind: 'Lab',
  name: 'x',
  driver: 'embedded',
  state: 'up',
  version: 'v1.37.2',
  context: 'kops-x',
  server: 'https://127.0.0.1:20001',
  nodes: ['x-control-plane', 'x-worker'],
  processes: [
    {program: 'etcd', node: 'x-control-plane', running: true, pid: 11, log: '/l/etcd.log'},
    {program: 'kube-apiserver', node: 'x-control-plane', running: true, pid: 12, log: '/l/kube-apiserver.log'},
  ],
};

const degraded: LabStatus = {
  ...lab,
  state: 'degraded',
  processes: [
    ...lab.processes.slice(0, 1),
    {
      program: 'kube-apiserver',
      node: 'x-control-plane',
      running: false,
      log: '/l/kube-apiserver.log',
      lastLines: ['I1 serving', `E1 \u001b[31mpanic: ${'x'.repeat(80)}`],
    },
  ],
};

test('a lab that came up says where kubectl points now, and how to be rid of it', () => {
  const report = {...lab, outcome: 'created', kubeconfig: '/home/ada/.kube/config', contextBefore: 'prod'} as const;
  expect(renderUp(report, screen)).toMatchInlineSnapshot(`
    "✓ lab x is up  embedded · v1.37.2 · 2 nodes
      context     kops-x, current in /home/ada/.kube/config  (was prod)
      server      https://127.0.0.1:20001
      remove      kops lab down --name x"
  `);
});

test('with the kubeconfig left alone it says how to get one', () => {
  expect(renderUp({...lab, outcome: 'restarted'}, screen)).toMatchInlineSnapshot(`
    "✓ lab x is up again, with its data  embedded · v1.37.2 · 2 nodes
      kubeconfig  kops lab kubeconfig --name x
      server      https://127.0.0.1:20001
      remove      kops lab down --name x"
  `);
});

test('a lab that is up was current before: nothing was switched', () => {
  const report = {...lab, outcome: 'unchanged', kubeconfig: '/k', contextBefore: 'kops-x'} as const;
  expect(renderUp(report, screen).split('\n').slice(0, 2)).toEqual([
    '✓ lab x is up already  embedded · v1.37.2 · 2 nodes',
    '  context     kops-x, current in /k',
  ]);
});

test('the status of a lab that runs', () => {
  expect(renderStatus(lab, screen)).toMatchInlineSnapshot(`
    "✓ lab x is up  embedded · v1.37.2 · 2 nodes
      context     kops-x
      server      https://127.0.0.1:20001
      nodes       x-control-plane, x-worker
      ● etcd            x-control-plane  pid 11
      ● kube-apiserver  x-control-plane  pid 12"
  `);
});

test('a process that died is named with the end of its log, cut to the width and free of control characters', () => {
  expect(renderStatus(degraded, screen)).toMatchInlineSnapshot(`
    "✗ lab x is degraded: 1 of 2 processes are not running  embedded · v1.37.2 · 2 nodes
      context     kops-x
      server      https://127.0.0.1:20001
      nodes       x-control-plane, x-worker
      ● etcd            x-control-plane  pid 11
      ○ kube-apiserver  x-control-plane  not running
          its log, /l/kube-apiserver.log, ends with:
          I1 serving
          E1 ␛[31mpanic: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
      bring it back, with its data: kops lab up --name x"
  `);
});

test('the list says at a glance which labs are well', () => {
  const labs = [lab, {...degraded, name: 'longer-name', driver: 'kind', context: 'kind-longer-name'} as const];
  expect(renderList({kind: 'LabList', labs}, screen)).toMatchInlineSnapshot(`
    "NAME          STATE      DRIVER     VERSION   NODES   CONTEXT
    x             up         embedded   v1.37.2   2       kops-x
    longer-name   degraded   kind       v1.37.2   2       kind-longer-name"
  `);
});

test('no labs', () => {
  expect(renderList({kind: 'LabList', labs: []}, screen)).toBe('no labs: kops lab up makes one');
});

test.each([
  ['there was one', true, ['/k'], '✓ lab x is gone, and its contexts from /k'],
  ['no kubeconfig had it', true, [], '✓ lab x is gone'],
  ['there was none', false, [], 'there is no lab x: nothing to remove'],
])('removal: %s', (_case, removed, kubeconfigs, text) => {
  expect(renderRemoval({kind: 'LabRemoval', name: 'x', removed, kubeconfigs}, screen)).toBe(text);
});

test('a lab whose driver does not answer says why its state is unknown', () => {
  const unknown = {...lab, driver: 'kind', state: 'unknown', reason: 'no Docker engine answers', processes: []} as const;
  expect(renderStatus(unknown, screen).split('\n')[0]).toBe(
    '✗ lab x cannot be reached: no Docker engine answers  kind · v1.37.2 · 2 nodes',
  );
  expect(renderList({kind: 'LabList', labs: [unknown]}, screen)).toMatch(/x +unknown +kind/);
});
