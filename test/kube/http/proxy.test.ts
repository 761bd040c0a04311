import {expect, test} from 'vitest';
import {proxyFor} from '../../../src/kube/http/proxy.ts';

const HTTPS_PROXY = 'http://proxy:3128';

test.each([
  ['nothing is set', {}, undefined],
  ['HTTPS_PROXY is set', {HTTPS_PROXY}, 'http://proxy:3128'],
  ['it is set in lower case', {https_proxy: HTTPS_PROXY}, 'http://proxy:3128'],
  ['it has no scheme', {HTTPS_PROXY: 'proxy:3128'}, 'http://proxy:3128'],
  ['only HTTP_PROXY is set', {HTTP_PROXY: HTTPS_PROXY}, undefined],
  ['NO_PROXY names another host', {HTTPS_PROXY, NO_PROXY: 'other.example,example.co'}, 'http://proxy:3128'],
  ['NO_PROXY is *', {HTTPS_PROXY, NO_PROXY: '*'}, undefined],
  ['NO_PROXY names the host', {HTTPS_PROXY, NO_PROXY: 'x, API.example.com'}, undefined],
  ['NO_PROXY names its domain', {HTTPS_PROXY, no_proxy: 'example.com'}, undefined],
  ['NO_PROXY names its subdomains', {HTTPS_PROXY, NO_PROXY: '.example.com'}, undefined],
  ['NO_PROXY names them with a star', {HTTPS_PROXY, NO_PROXY: '*.example.com'}, undefined],
  ['NO_PROXY names the port too', {HTTPS_PROXY, NO_PROXY: 'api.example.com:6443'}, undefined],
  ['NO_PROXY names another port', {HTTPS_PROXY, NO_PROXY: 'api.example.com:443'}, 'http://proxy:3128'],
  ['NO_PROXY names the end of its name, not its domain', {HTTPS_PROXY, NO_PROXY: 'ample.com'}, 'http://proxy:3128'],
])('the proxy for https://api.example.com:6443 where %s', (_case, env, proxy) => {
  expect(proxyFor(new URL('https://api.example.com:6443'), undefined, env)?.origin).toBe(proxy);
});

test.each([
  ['https://10.1.2.3:6443', '10.0.0.0/8', undefined],
  ['https://10.1.2.3:6443', '10.2.0.0/16', 'http://proxy:3128'],
  ['https://10.1.2.3:6443', '10.1.2.3', undefined],
  ['https://10.1.2.3:6443', '0.1.2.3', 'http://proxy:3128'],
  ['https://10.1.2.3:6443', '10.1.2.0/99', 'http://proxy:3128'],
  ['https://[fd00::1]:6443', 'fd00::/8', undefined],
  ['https://[fd00::1]:6443', '[fd00::1]:6443', undefined],
  ['https://[fd00::1]:6443', '[fd00::1]:443', 'http://proxy:3128'],
  ['https://[fd00::1]:6443', 'fd00::1', undefined],
  ['https://127.0.0.1:6443', '', undefined],
  ['https://localhost:6443', '', undefined],
  ['https://[::1]:6443', '', undefined],
])('the proxy for %s where NO_PROXY is "%s"', (server, noProxy, proxy) => {
  expect(proxyFor(new URL(server), undefined, {HTTPS_PROXY, NO_PROXY: noProxy})?.origin).toBe(proxy);
});

test('proxy-url goes before the environment, even for localhost', () => {
  const env = {HTTPS_PROXY, NO_PROXY: '*'};
  expect(proxyFor(new URL('https://localhost'), 'http://other:1', env)?.host).toBe('other:1');
  expect(proxyFor(new URL('https://localhost'), 'socks5h://other:1', env)?.protocol).toBe('socks5:');
});

test.each([
  ['quic://proxy:1', 'quic is not http, https or socks5'],
  ['::', 'it is not a URL'],
])('proxy-url %s is refused', (proxyUrl, why) => {
  expect(() => proxyFor(new URL('https://api'), proxyUrl, {})).toThrow(
    expect.objectContaining({message: "the kubeconfig's proxy-url is not a proxy that can be used", why, exitCode: 2}),
  );
});
