import {BlockList, isIP} from 'node:net';
import {ExitCode, Problem} from '../../problem.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy to reach a server through, or undefined for none: the kubeconfig's `proxy-url`, else what the environment says. As Go's
 * `http.ProxyFromEnvironment` reads it, and so kubectl: lower case after upper case, never for localhost, HTTP_PROXY for http alone.
 */
export function proxyFor(server: URL, proxyUrl: string | undefined, env: Environment): URL | undefined {
  if (proxyUrl) return parseProxy(proxyUrl, "the kubeconfig's proxy-url");
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const value = env[name] || env[name.toLowerCase()];
  if (!value || isExempt(server, env.NO_PROXY || env.no_proxy || '')) return undefined;
  return parseProxy(/^[a-z0-9]+:\/\//i.test(value) ? value : `http://${value}`, name);
}

function parseProxy(text: string, source: string): URL {
  const url = URL.parse(text);
  if (url && SCHEMES.has(url.protocol)) return url.protocol === 'socks5h:' ? new URL(text.replace(/^socks5h/i, 'socks5')) : url;
  throw new Problem(`${source} is not a proxy that can be used`, {
    why: url ? `${url.protocol.slice(0, -1)} is not http, https or socks5` : 'it is not a URL',
    next: 'write it as http://HOST:PORT',
    exitCode: ExitCode.usage,
  });
}
const SCHEMES = new Set(['http:', 'https:', 'socks5:', 'socks5h:']);

/** NO_PROXY: names with their subdomains, addresses, networks, `*`; a port narrows an entry down. */
function isExempt(server: URL, noProxy: string): boolean {
  const host = hostOf(server);
  if (isLoopback(host)) return true;
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  return noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => {
      if (entry === '*') return true;
      if (entry.includes('/')) return isInNetwork(host, entry);
      const {name, port: entryPort} = splitPort(entry);
      if (name === '' || (entryPort !== undefined && entryPort !== port)) return false;
      if (isIP(host)) return host === name;
      const domain = name.replace(/^\*\./, '.');
      return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
    });
}

const hostOf = ({hostname}: URL): string =>
  hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);

function splitPort(entry: string): {name: string; port: string | undefined} {
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(entry);
  if (bracketed) return {name: bracketed[1] ?? '', port: bracketed[2]};
  const [name = '', port, ...more] = entry.split(':');
  return more.length > 0 ? {name: entry, port: undefined} : {name, port};
}

/** IPv4 and IPv6 in CIDR notation. */
function isInNetwork(host: string, cidr: string): boolean {
  const [network = '', bits = ''] = cidr.split('/');
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family) return false;
  const list = new BlockList();
  try {
    list.addSubnet(network, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  } catch {
    return false;
  }
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
