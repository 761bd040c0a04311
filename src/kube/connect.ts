import {homedir} from 'node:os';
import packageJson from '../../package.json' with {type: 'json'};
import {ExitCode, Problem} from '../problem.ts';
import {parseDuration} from '../text/parse-duration.ts';
import {type Access, type AccessOptions, findAccess} from './access/find-access.ts';
import {readKubeconfig} from './access/kubeconfig-files.ts';
import {createApi} from './api.ts';
import {createApiCluster} from './api-cluster.ts';
import type {Cluster} from './cluster.ts';
import type {Credentials} from './credentials/credential.ts';
import {createCredentials} from './credentials/credentials.ts';
import {impersonationHeaders} from './credentials/impersonation.ts';
import {createAgents} from './http/agents.ts';
import {proxyFor} from './http/proxy.ts';
import {type Connection, createRequester} from './request.ts';

export interface ConnectOptions extends AccessOptions {
  readonly kubeconfig?: string | undefined;
  /** A Go duration: `30s`, `2m`; `0` for none. */
  readonly requestTimeout?: string | undefined;
}

/** Reads the kubeconfig as kubectl does and makes a connection of it; no request is sent yet. */
export async function connect(options: ConnectOptions): Promise<Cluster> {
  const surroundings = {env: process.env, home: homedir()};
  const access = findAccess(await readKubeconfig(options.kubeconfig, surroundings), options);
  const timeout = requestTimeout(options.requestTimeout);
  const credentials = await createCredentials(access, process.env);
  const connection = await connectionOf(access, credentials, timeout);
  const apiAt = async (url: URL) => createApi(createRequester(await connectionOf(at(access, url), credentials, timeout)));
  return createApiCluster(access.namespace, connection, createRequester(connection), apiAt);
}

async function connectionOf(access: Access, credentials: Credentials, timeout: number | undefined): Promise<Connection> {
  const {context, server, cluster, user} = access;
  const proxy = proxyFor(server, cluster['proxy-url'], process.env);
  return {
    context,
    server: server.href.replace(/\/$/, ''),
    proxy: proxy && `${proxy.protocol}//${proxy.host}`,
    as: user.as,
    url: server,
    requestTimeout: timeout,
    headers: {'user-agent': `kops/${packageJson.version}`, ...impersonationHeaders(user)},
    credentials,
    agent: await createAgents(access, proxy),
  };
}

/** The same cluster by another of its servers, whose certificate has that one's own name. */
function at(access: Access, server: URL): Access {
  if (server.origin === access.server.origin) return {...access, server};
  const {'tls-server-name': _ofTheOther, ...cluster} = access.cluster;
  return {...access, server, cluster};
}

/** Milliseconds; undefined for no limit. */
function requestTimeout(text = '30s'): number | undefined {
  const milliseconds = parseDuration(/^\d+$/.test(text) ? `${text}s` : text);
  if (milliseconds !== undefined) return milliseconds === 0 ? undefined : milliseconds;
  throw new Problem(`--request-timeout ${text} is not a duration`, {
    why: 'a duration is a number with a unit: 500ms, 30s, 2m; 0 is no limit',
    next: 'write --request-timeout 30s',
    exitCode: ExitCode.usage,
  });
}
