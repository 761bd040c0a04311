import type {Api, ApiResponse, RawRequest} from '../kube/api.ts';
import type {Cluster} from '../kube/cluster.ts';
import {ConnectionProblem} from '../kube/errors.ts';
import {AnswerTimeout} from '../kube/http/transport.ts';
import type {Node} from '../nodes/node.ts';
import {printable} from '../text/printable.ts';
import type {ControlPlaneNode, ServerState} from './control-plane.ts';

/**
 * The API server of one node, asked without a load balancer in between: directly, or, where its address is one that only the cluster's own
 * network knows, by kubectl on its node. No request is sent yet.
 */
export async function serverApi(
  cluster: Pick<Cluster, 'apiAt'>,
  {node}: Pick<ControlPlaneNode, 'node'>,
  {endpoint}: Pick<ServerState, 'endpoint'>,
): Promise<Api> {
  const direct = await cluster.apiAt(endpoint);
  return withDetour(direct, nodeApi(node, endpoint, direct));
}

/** Milliseconds in which a server that can be reached at all says something. */
const PROBE = 3_000;

/** Decides at the first request which way is taken, once one of the two has worked. */
export function withDetour(direct: Api, detour: Api): Api {
  let chosen: Api | undefined;
  const choose = async (signal: AbortSignal): Promise<Api> => {
    const ask = {method: 'GET', path: '/version', timeout: PROBE, retry: false} as const;
    try {
      await direct.send(ask, signal);
      return direct;
    } catch (error) {
      if (!isUnroutable(error)) throw error;
      await detour.send(ask, signal).catch(() => {
        signal.throwIfAborted();
        throw error; // neither leads there
      });
      return detour;
    }
  };
  return {
    ...direct,
    async send(request, signal) {
      chosen ??= await choose(signal);
      return chosen.send(request, signal);
    },
  };
}

/** Nobody said no: packets to that address go nowhere from here. */
function isUnroutable(error: unknown): boolean {
  if (!(error instanceof ConnectionProblem)) return false;
  const {cause} = error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return cause instanceof AnswerTimeout || ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'].includes(String(code));
}

const KUBECONFIG = '/etc/kubernetes/admin.conf';
/** $1 server, $2 seconds, then kubectl's words. */
const KUBECTL = `server=$1 seconds=$2; shift 2
exec kubectl --kubeconfig '${KUBECONFIG}' --server "$server" --request-timeout "$seconds" "$@"`;

const VERBS: Partial<Record<RawRequest['method'], {readonly words: readonly string[]; readonly status: number}>> = {
  GET: {words: ['get'], status: 200},
  POST: {words: ['create', '-f', '-'], status: 201},
  PUT: {words: ['replace', '-f', '-'], status: 200},
  DELETE: {words: ['delete'], status: 200},
};

/** By kubectl on the node, as its administrator. kubectl gives the reason of a refusal, and no header. */
export function nodeApi(node: Node, endpoint: URL, place: Api): Api {
  return {
    ...place,
    async send({method, path, body, maxBytes, timeout = 30_000}, signal): Promise<ApiResponse> {
      const verb = VERBS[method];
      if (verb === undefined) throw new Error(`kubectl --raw has no ${method}`);
      const [name = '', ...rest] = verb.words;
      const args = [endpoint.origin, `${Math.ceil(timeout / 1000)}s`, name, '--raw', path, ...rest];
      const {code, stdout, stderr} = await node.run(
        KUBECTL,
        args,
        {...(body && {input: body}), ...(maxBytes !== undefined && {maxBytes})},
        signal,
      );
      if (code === 0) return {status: verb.status, headers: {}, body: stdout};
      return refusal(stderr, node, place);
    },
  };
}

const STATUS: Readonly<Record<string, number>> = {
  AlreadyExists: 409,
  BadRequest: 400,
  Conflict: 409,
  Forbidden: 403,
  Gone: 410,
  InternalError: 500,
  Invalid: 422,
  NotFound: 404,
  ServiceUnavailable: 503,
  Timeout: 504,
  TooManyRequests: 429,
  Unauthorized: 401,
};

/** `Error from server (NotFound): …`: the server answered. Anything else is that it did not. */
function refusal(stderr: string, node: Node, {server}: Api): ApiResponse {
  const [, reason = 'InternalError', message = ''] = /^Error from server(?: \((\w+)\))?: ([\s\S]*)/m.exec(stderr) ?? [
    undefined,
    '',
  ];
  if (reason !== '') {
    const code = STATUS[reason] ?? 500;
    // kubectl quotes what is no Status, the checks of /readyz for one.
    return {
      status: code,
      headers: {},
      body: Buffer.from(JSON.stringify({kind: 'Status', status: 'Failure', reason, code, message})),
    };
  }
  throw new ConnectionProblem(`cannot reach the API server ${server} from ${node.name}`, {
    why: printable(stderr.trim().split('\n').at(-1) ?? '').slice(0, 300),
    next: `kubectl and ${KUBECONFIG} are needed there, or a way to ${server} from here`,
    passing: true,
  });
}
