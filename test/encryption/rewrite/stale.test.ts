import {expect, test} from 'vitest';
import {staleObjects} from '../../../src/encryption/rewrite/stale.ts';
import {memoryEtcd} from '../../support/memory-etcd.ts';

const {signal} = new AbortController();
const NEW = 'k8s:enc:secretbox:v1:new:';
const OLD = 'k8s:enc:secretbox:v1:old:';
const secrets = {path: '/registry/secrets/', namespaced: true, wanted: NEW};
const fresh = Object.fromEntries(Array.from({length: 9}, (_, i) => [`/registry/secrets/shop/s-${i}`, `${NEW}x`]));

test('what is under another key, or in plaintext, is found by its name', async () => {
  const etcd = memoryEtcd({
    ...fresh,
    '/registry/secrets/shop/db.old': `${OLD}x`,
    '/registry/secrets/kube-system/token': 'k8s\0x',
    '/registry/secretsabove/shop/other': 'k8s\0x',
  });
  expect(await staleObjects(etcd, secrets, signal)).toEqual([
    {namespace: 'kube-system', name: 'token'},
    {namespace: 'shop', name: 'db.old'},
  ]);
});

test('nothing is left where all is as it should be', async () => {
  expect(await staleObjects(memoryEtcd(fresh), secrets, signal)).toEqual([]);
});

test('objects without a namespace have names only', async () => {
  const etcd = memoryEtcd({
    ...Object.fromEntries(['a', 'b', 'c', 'f', 'g'].map((name) => [`/registry/example.com/widgets/${name}`, `${NEW}x`])),
    '/registry/example.com/widgets/d:e': '{}',
  });
  const widgets = {path: '/registry/example.com/widgets/', namespaced: false, wanted: NEW};
  expect(await staleObjects(etcd, widgets, signal)).toEqual([{name: 'd:e'}]);
});

test.each([
  [
    'a quarter of them is stale',
    {...fresh, ...Object.fromEntries(['x', 'y', 'z'].map((name) => [`/registry/secrets/a/${name}`, `${OLD}x`]))},
  ],
  ['a key is none of an object', {...fresh, '/registry/secrets/odd': `${OLD}x`}],
])('all are read by pages where %s', async (_case, entries) => {
  expect(await staleObjects(memoryEtcd(entries), secrets, signal)).toBeUndefined();
});
