import {expect, test} from 'vitest';
import {serviceLinks} from '../../../src/config/env/service-links.ts';

const service = (name: string, namespace: string, spec: object) => ({metadata: {name, namespace}, spec});
const kubernetes = service('kubernetes', 'default', {
  clusterIP: '10.96.0.1',
  ports: [{name: 'https', port: 443, protocol: 'TCP'}],
});
const dns = service('kube-dns', 'shop', {
  clusterIP: '10.96.0.10',
  ports: [
    {name: 'dns', port: 53, protocol: 'UDP'},
    {name: 'dns-tcp', port: 53, protocol: 'TCP'},
  ],
});
const links = (services: (typeof dns)[], enabled = true, namespace = 'shop') =>
  [...serviceLinks(services, namespace, enabled)].map(([name, {value}]) => `${name}=${value}`);

test('of a service: host, ports, and what Docker once made of a link', () => {
  expect(links([dns])).toMatchInlineSnapshot(`
    [
      "KUBE_DNS_PORT=udp://10.96.0.10:53",
      "KUBE_DNS_PORT_53_TCP=tcp://10.96.0.10:53",
      "KUBE_DNS_PORT_53_TCP_ADDR=10.96.0.10",
      "KUBE_DNS_PORT_53_TCP_PORT=53",
      "KUBE_DNS_PORT_53_TCP_PROTO=tcp",
      "KUBE_DNS_PORT_53_UDP=udp://10.96.0.10:53",
      "KUBE_DNS_PORT_53_UDP_ADDR=10.96.0.10",
      "KUBE_DNS_PORT_53_UDP_PORT=53",
      "KUBE_DNS_PORT_53_UDP_PROTO=udp",
      "KUBE_DNS_SERVICE_HOST=10.96.0.10",
      "KUBE_DNS_SERVICE_PORT=53",
      "KUBE_DNS_SERVICE_PORT_DNS=53",
      "KUBE_DNS_SERVICE_PORT_DNS_TCP=53",
    ]
  `);
});

test.each<[string, (typeof dns)[], boolean, string, string | undefined]>([
  ['kubernetes everywhere', [kubernetes], true, 'shop', '10.96.0.1'],
  ['kubernetes even without service links', [kubernetes], false, 'shop', '10.96.0.1'],
  [
    'a service of the same name in the own namespace wins',
    [service('kubernetes', 'shop', {clusterIP: '10.9.9.9', ports: [{port: 1}]}), kubernetes],
    true,
    'shop',
    '10.9.9.9',
  ],
  [
    'unless links are off',
    [service('kubernetes', 'shop', {clusterIP: '10.9.9.9', ports: [{port: 1}]}), kubernetes],
    false,
    'shop',
    '10.96.0.1',
  ],
  [
    'or it has no address',
    [service('kubernetes', 'shop', {clusterIP: 'None', ports: [{port: 1}]}), kubernetes],
    true,
    'shop',
    '10.96.0.1',
  ],
])('%s', (_case, services, enabled, namespace, host) => {
  expect(serviceLinks(services, namespace, enabled).get('KUBERNETES_SERVICE_HOST')?.value).toBe(host);
});

test.each<[string, object]>([
  ['a headless one', {clusterIP: 'None', ports: [{port: 80}]}],
  ['one that is a name elsewhere', {type: 'ExternalName', externalName: 'db.example', ports: [{port: 80}]}],
])('%s gives nothing', (_case, spec) => {
  expect(links([service('db', 'shop', spec)])).toEqual([]);
});

test("another namespace's gives nothing, and links may be off", () => {
  expect([links([dns], true, 'other'), links([dns], false)]).toEqual([[], []]);
});

test('an address of IPv6 stands in brackets where a port follows', () => {
  expect(links([service('a', 'shop', {clusterIP: 'fd00::1', ports: [{port: 80}]})])).toContain('A_PORT=tcp://[fd00::1]:80');
});
