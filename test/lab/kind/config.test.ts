import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {countNodes, kindConfig} from '../../../src/lab/kind/config.ts';

const ours = readFileSync(new URL('../../../kind-config.yaml', import.meta.url), 'utf8');
const base = `
apiVersion: kind.x-k8s.io/v1alpha4
kind: Cluster
networking: {apiServerPort: 6443}
nodes:
  - role: worker
    labels: {disk: ssd}
  - role: control-plane
  - role: worker
`;

test.each([
  ['as it is written', base, {}, {controlPlanes: 1, workers: 2}],
  ['more control planes', base, {controlPlanes: 3}, {controlPlanes: 3, workers: 2}],
  ['no workers', base, {workers: 0}, {controlPlanes: 1, workers: 0}],
  ['a configuration without nodes', 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n', {}, {controlPlanes: 1, workers: 0}],
  ['workers where it names none', ours, {workers: 2}, {controlPlanes: 1, workers: 2}],
  ["the repository's own", ours, {}, {controlPlanes: 1, workers: 0}],
])('a kind configuration has as many nodes as asked for: %s', (_case, yaml, wanted, counts) => {
  expect(countNodes(kindConfig(yaml, wanted))).toEqual(counts);
});

test('nodes it does not list are like the first of their role, and the rest of it stays', () => {
  expect(kindConfig(base, {workers: 3})).toMatchInlineSnapshot(`
    "apiVersion: kind.x-k8s.io/v1alpha4
    kind: Cluster
    networking:
      apiServerPort: 6443
    nodes:
      - role: control-plane
      - role: worker
        labels:
          disk: ssd
      - role: worker
      - role: worker
        labels:
          disk: ssd
    "
  `);
});
