import {homedir} from 'node:os';
import packageJson from '../../package.json' with {type: 'json'};
import {ExitCode, Problem} from '../problem.ts';
import {parseDuration} from '../text/parse-duration.ts';
import {type AccessOptions, findAccess} from './access/find-access.ts';
import {readKubeconfig} from './access/kubeconfig-files.ts';
import {createApiCluster} from './api-cluster.ts';
import type {Cluster} from './cluster.ts';
import {createCredentials} from './credentials/credentials.ts';
import {impersonationHeaders} from './credentials/impersonation.ts';
import {createAgents} from './http/agents.ts';
import {proxyFor} from './http/proxy.ts';
import {createRequester} from './request.ts';

export interface ConnectOptions extends AccessOptions {
  readonly kubeconfig?: string | undefined;
  /** A Go duration: `30s`, `2m`; `0` for none. */
  readonly requestTimeout?: string | undefined;
}

/** Reads the kubeconfig as kubectl does and makes a connection of it; no request is sent yet. */
export async function connect(options: ConnectOptions): Promise<Cluster> {
  const surroundings = {env: process.env, home: homedir()};
  const access = findAccess(await readKubeconfig(options.kubeconfig, surroundings), options);
  const {context, namespace, user} = access;
  const server = access.server.href.replace(/\/$/, '');
  const proxy = proxyFor(access.server, access.cluster['proxy-url'], process.env);
  const requester = createRequester({
    context,
    server,
    proxy: proxy && `${proxy.protocol}//${proxy.host}`,
    as: user.as,
    url: access.server,
    requestTimeout: requestTimeout(options.requestTimeout),
    headers: {'user-agent': `kops/${packageJson.version}`, ...impersonationHeaders(user)},
    credentials: await createCredentials(access, process.env),
    agent: await createAgents(access, proxy),
  });
  return createApiCluster({context, namespace, server}, requester);
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
