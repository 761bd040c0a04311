import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {labNodes} from '../../../src/lab/embedded/lab-nodes.ts';
import {LabFolder} from '../../../src/lab/embedded/record.ts';
import {writePrivate} from '../../../src/lab/embedded/store.ts';
import {record} from './record.ts';

const labs = mkdtempSync(join(tmpdir(), 'kops-labs-'));
const write = (name: string, apiServers: readonly number[], created: boolean) => {
  const folder = new LabFolder(join(labs, name));
  writePrivate(folder.record, JSON.stringify({...record, name, ports: {...record.ports, apiServers}}));
  if (created) writePrivate(folder.created, '');
  for (const node of record.controlPlanes) mkdirSync(folder.node(node), {recursive: true});
};

beforeAll(() => {
  write('x', [20007, 20008], true);
  write('half-made', [20009], false);
});
afterAll(() => rmSync(labs, {recursive: true}));

const nodes = new Map([
  ['x-control-plane', join(labs, 'x/nodes/x-control-plane')],
  ['x-control-plane2', join(labs, 'x/nodes/x-control-plane2')],
]);

test.each([
  ['its first API server', 'https://127.0.0.1:20007', nodes],
  ['another of its API servers', 'https://127.0.0.1:20008/', nodes],
  ['a name of this machine', 'https://localhost:20007', nodes],
  ['a port that no lab has', 'https://127.0.0.1:6443', undefined],
  ['the same port of another machine', 'https://10.0.0.1:20007', undefined],
  ['a lab that never came up', 'https://127.0.0.1:20009', undefined],
  ['no URL', 'x', undefined],
])('the nodes of a lab by the URL of %s', (_case, server, expected) => {
  expect(labNodes(server, labs)).toEqual(expected);
});

test('where there never was a lab there are no nodes', () => {
  expect(labNodes('https://127.0.0.1:20007', join(labs, 'none'))).toBeUndefined();
});

test('a node whose folder is gone is none any more', () => {
  write('y', [20010], true);
  rmSync(join(labs, 'y/nodes/x-control-plane2'), {recursive: true});
  expect([...(labNodes('https://127.0.0.1:20010', labs)?.keys() ?? [])]).toEqual(['x-control-plane']);
});
