import {describe, expect, test} from 'vitest';
import {directEndpoints, etcdctlConnection, type Place, storeOf} from '../../src/etcd/store.ts';
import {Problem} from '../../src/problem.ts';

const secrets = {group: '', resource: 'secrets'};
const where = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const store = (flags: Record<string, string>, resource = secrets) => storeOf(new Map(Object.entries(flags)), resource, where);

describe('where an API server keeps a resource', () => {
  test("kubeadm's flags", () => {
    const flags = {
      'etcd-servers': 'https://127.0.0.1:2379',
      'etcd-cafile': '/etc/kubernetes/pki/etcd/ca.crt',
      'etcd-certfile': '/etc/kubernetes/pki/apiserver-etcd-client.crt',
      'etcd-keyfile': '/etc/kubernetes/pki/apiserver-etcd-client.key',
    };
    expect(store(flags)).toEqual({
      servers: ['https://127.0.0.1:2379'],
      prefix: '/registry',
      elsewhere: [],
      caFile: '/etc/kubernetes/pki/etcd/ca.crt',
      certFile: '/etc/kubernetes/pki/apiserver-etcd-client.crt',
      keyFile: '/etc/kubernetes/pki/apiserver-etcd-client.key',
    });
  });

  test('an external etcd of several members, and a prefix however it is written', () => {
    const {servers, prefix} = store({'etcd-servers': 'https://a:2379, https://b:2379', 'etcd-prefix': 'clusters/one/'});
    expect(servers).toEqual(['https://a:2379', 'https://b:2379']);
    expect(prefix).toBe('/clusters/one');
  });

  test.each([
    ['secrets, which have none of their own', secrets, ['https://main:2379']],
    ['events', {group: '', resource: 'events'}, ['https://e1:2379', 'https://e2:2379']],
    ['deployments', {group: 'apps', resource: 'deployments'}, ['https://d:2379']],
  ])('the servers of %s', (_case, resource, servers) => {
    const flags = {
      'etcd-servers': 'https://main:2379',
      'etcd-servers-overrides': '/events#https://e1:2379;https://e2:2379,apps/deployments#https://d:2379',
    };
    expect(store(flags, resource).servers).toEqual(servers);
  });

  test('what is not in it: what has other servers than it', () => {
    const overrides = '/events#https://e:2379,apps/deployments#https://main:2379';
    const {elsewhere} = store({'etcd-servers': 'https://main:2379', 'etcd-servers-overrides': overrides});
    expect(elsewhere).toEqual([{group: '', resource: 'events'}]);
  });

  test('without --etcd-servers nobody can tell', () => {
    expect(() => store({})).toThrow(Problem);
    expect(() => store({})).toThrow(where);
  });
});

describe('how to reach it directly', () => {
  const place = (over: Partial<Place> = {}): Place => ({addresses: ['172.18.0.2'], isLocal: false, advertised: [], ...over});
  const endpoints = (servers: string[], over: Partial<Place> = {}) =>
    directEndpoints(
      {servers, prefix: '/registry', elsewhere: [], caFile: undefined, certFile: undefined, keyFile: undefined},
      place(over),
    );

  test("from elsewhere a loopback address is the node's, never this machine's; its certificate still names what the API server uses", () => {
    expect(endpoints(['https://127.0.0.1:2379'])).toEqual([{url: 'https://172.18.0.2:2379', serverName: '127.0.0.1'}]);
    expect(endpoints(['http://localhost:2379'])).toEqual([{url: 'http://172.18.0.2:2379', serverName: 'localhost'}]);
    expect(endpoints(['https://[::1]:2379'], {addresses: ['fd00::2']})).toEqual([
      {url: 'https://[fd00::2]:2379', serverName: '::1'},
    ]);
    expect(endpoints(['https://127.0.0.1:2379'], {addresses: []})).toEqual([]);
  });

  test('on the node itself it is what it says', () => {
    expect(endpoints(['https://127.0.0.1:2379'], {isLocal: true})).toEqual([{url: 'https://127.0.0.1:2379'}]);
  });

  test('an external etcd is reached as the API server reaches it', () => {
    expect(endpoints(['https://etcd-1.example:2379', 'https://etcd-2.example:2379/'])).toEqual([
      {url: 'https://etcd-1.example:2379'},
      {url: 'https://etcd-2.example:2379'},
    ]);
  });

  test('what other members advertise comes after it, once each', () => {
    const advertised = ['https://172.18.0.2:2379', 'https://172.18.0.3:2379'];
    expect(endpoints(['https://127.0.0.1:2379'], {advertised}).map(({url}) => url)).toEqual([
      'https://172.18.0.2:2379',
      'https://172.18.0.3:2379',
    ]);
  });

  test('a socket or a typing mistake is no address', () => {
    expect(endpoints(['127.0.0.1:2379', 'unix:///run/etcd.sock'])).toEqual([]);
  });
});

describe("how etcdctl in etcd's container reaches it", () => {
  const kubeadm = [
    'etcd',
    '--cert-file=/etc/kubernetes/pki/etcd/server.crt',
    '--client-cert-auth=true',
    '--key-file=/etc/kubernetes/pki/etcd/server.key',
    '--listen-client-urls=https://127.0.0.1:2379,https://172.18.0.2:2379',
    '--trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt',
  ];

  test.each([
    ['as kubeadm sets it up', kubeadm, 'https://127.0.0.1:2379', '/etc/kubernetes/pki/etcd/server.crt'],
    ['by default', ['etcd'], 'https://127.0.0.1:2379', '/etc/kubernetes/pki/etcd/server.crt'],
    ['on all addresses', ['etcd', '--listen-client-urls', 'https://0.0.0.0:4001'], 'https://127.0.0.1:4001', undefined],
    [
      'on one address',
      ['etcd', '--listen-client-urls=https://10.0.0.1:2379', '--cert-file', '/x.crt'],
      'https://10.0.0.1:2379',
      '/x.crt',
    ],
  ])('%s', (_case, command, endpoint, cert) => {
    const found = etcdctlConnection(command);
    expect(found.endpoint).toBe(endpoint);
    if (cert !== undefined) expect(found.cert).toBe(cert);
  });

  test('without TLS there is nothing else to say', () => {
    expect(etcdctlConnection(['etcd', '--listen-client-urls=http://127.0.0.1:2379'])).toEqual({
      endpoint: 'http://127.0.0.1:2379',
    });
  });
});
