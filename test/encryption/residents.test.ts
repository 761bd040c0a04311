import {expect, test} from 'vitest';
import {residentsAmong} from '../../src/encryption/residents.ts';

const pod = (name: string, spec: object, phase = 'Running', nodeName: string | undefined = 'n1') => ({
  metadata: {name},
  spec: {containers: [], nodeName, ...spec} as never,
  status: {phase},
});
const container = (more: object) => ({containers: [{name: 'app', ...more}]});
const volume = (source: object) => ({volumes: [{name: 'v', ...source}]});

test.each([
  ['a volume', volume({secret: {secretName: 'db'}}), 'volume v'],
  ['a projected volume', volume({projected: {sources: [{configMap: {name: 'x'}}, {secret: {name: 'db'}}]}}), 'volume v'],
  ['a CSI driver', volume({csi: {driver: 'd', nodePublishSecretRef: {name: 'db'}}}), 'volume v'],
  ['a driver of old', volume({rbd: {secretRef: {name: 'db'}}}), 'volume v'],
  ['a variable', container({env: [{name: 'PW', valueFrom: {secretKeyRef: {name: 'db', key: 'pw'}}}]}), 'env PW of container app'],
  ['all variables', container({envFrom: [{secretRef: {name: 'db'}}]}), 'envFrom of container app'],
  ['an init container', {initContainers: [{name: 'init', envFrom: [{secretRef: {name: 'db'}}]}]}, 'envFrom of container init'],
  [
    'a debugging container',
    {ephemeralContainers: [{name: 'dbg', envFrom: [{secretRef: {name: 'db'}}]}]},
    'envFrom of container dbg',
  ],
  ['the pull of an image', {imagePullSecrets: [{name: 'db'}]}, 'imagePullSecrets'],
])('a kubelet holds it for %s', (_case, spec, via) => {
  expect(residentsAmong([pod('web', spec)], 'db')).toEqual([{node: 'n1', pods: [{name: 'web', via: [via]}]}]);
});

test('pods that are over, that no node has yet, or that use another one, keep nothing in memory', () => {
  const uses = volume({secret: {secretName: 'db'}});
  const pods = [
    pod('done', uses, 'Succeeded'),
    pod('failed', uses, 'Failed'),
    {...pod('pending', uses, 'Pending'), spec: {...uses, containers: []} as never},
    pod('other', volume({secret: {secretName: 'db2'}})),
    pod('map', volume({configMap: {name: 'db'}})),
  ];
  expect(residentsAmong(pods, 'db')).toEqual([]);
});

test('nodes and their pods by name', () => {
  const uses = {imagePullSecrets: [{name: 'db'}]};
  const pods = [pod('b', uses, 'Running', 'n2'), pod('c', uses), pod('a', uses, 'Pending')];
  expect(residentsAmong(pods, 'db').map(({node, pods}) => [node, pods.map(({name}) => name)])).toEqual([
    ['n1', ['a', 'c']],
    ['n2', ['b']],
  ]);
});
