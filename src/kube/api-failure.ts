import type {V1Status} from '@kubernetes/client-node';
import {ExitCode} from '../problem.ts';
import {printable} from '../text/printable.ts';
import {ApiProblem, Conflict, NotFound} from './errors.ts';
import {parseObject} from './json.ts';
import {qualifiedName, type Resource} from './resources.ts';

/** What a request was about, for the words of its failure. */
export interface Target {
  /** As RBAC names it. */
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  readonly resource: Resource<unknown>;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  /** A JSON patch with a `test` operation: the API server reports its failure as a bare 422. */
  readonly tested?: boolean | undefined;
}

/** Where the request went. */
export interface Place {
  readonly context: string;
  readonly server: string;
  /** Without its password; undefined where there is none. */
  readonly proxy?: string | undefined;
  /** Whom the user impersonates. */
  readonly as?: string | undefined;
}

/** 401. `why`: why the credentials may have been refused, as far as that can be seen from here. */
export function unauthorized({context}: Place, why: string): ApiProblem {
  return new ApiProblem(`the API server does not accept the credentials of context ${context}`, {
    status: 401,
    reason: 'Unauthorized',
    why,
    next: `log in again, then check with: kubectl auth whoami --context ${context}`,
  });
}

/** The Problem that an answer other than 2xx makes. `body` is used only where it is a metav1.Status, and then only its fields. */
export function apiFailure(code: number, body: Buffer, target: Target, place: Place): ApiProblem {
  const status = parseStatus(body);
  if (status !== undefined) return statusFailure(code, status, target, place);
  // An API group that is not there at all gets Go's own answer.
  if (body.toString('utf8').startsWith('404 page not found')) return statusFailure(404, {reason: 'NotFound'}, target, place);
  return strangeAnswer(code, target, place);
}

/** The Problem that a metav1.Status makes: an answer's body, or a watch's ERROR event. */
export function statusFailure(code: number, status: V1Status, target: Target, place: Place): ApiProblem {
  const {reason = ''} = status;
  const message = clean(status.message ?? '', target);
  const object = nameOf(target);
  const where = inNamespace(target);
  const about = {status: code, reason, why: message || undefined};

  if (code === 403) return forbidden(status, target, place, about);
  if (code === 404) return notFound(status, target, about);
  if (code === 409 && reason === 'AlreadyExists') {
    return new ApiProblem(`${object} already exists${where}`, {...about, why: 'someone made one of that name before'});
  }
  if (code === 409 || (code === 422 && target.tested && !status.details?.causes?.length)) {
    return new Conflict(`${object} changed in between${where}`, {
      status: 409,
      reason: 'Conflict',
      why: /UID in the precondition/.test(message) ? 'it was deleted and made anew' : 'someone else wrote to it',
      next: 'run the command again: it reads the object anew',
    });
  }
  if (code === 422) {
    const why = causes(status, target) ?? about.why;
    return new ApiProblem(`the API server does not accept ${object}${where}`, {
      ...about,
      why,
      next: 'correct that and try again',
    });
  }
  if (code === 410) {
    return new ApiProblem(`the API server no longer has the version of ${object} that was asked for`, {
      ...about,
      why: 'it keeps old versions for some minutes only',
      next: 'run the command again',
    });
  }
  if (code === 429 || code === 503) {
    return new ApiProblem(`the API server is too busy or not ready: ${place.server}`, {...about, next: 'try again in a moment'});
  }
  return new ApiProblem(`the API server could not ${target.verb} ${object}${where}`, about);
}

function forbidden(status: V1Status, target: Target, {context, as}: Place, about: Facts): ApiProblem {
  const where = inNamespace(target);
  const [, user, verb = target.verb] = /User "([^"]*)" cannot (\S+) (?:resource|path)/.exec(status.message ?? '') ?? [];
  if (user !== undefined) {
    const resource = nameWithSubresource(target);
    const scope = target.namespace === undefined ? '-A' : `-n ${target.namespace}`;
    return new ApiProblem(`${printable(user)} may not ${verb} ${resource}${where || ' in the whole cluster'}`, {
      ...about,
      why: /: (RBAC: .*)$/.exec(about.why ?? '')?.[1] ?? 'no role that is bound to this user grants it',
      next: `kubectl auth can-i ${verb} ${resource} ${scope} --context ${context}${as === undefined ? '' : ` --as ${as}`}`,
    });
  }
  // Not for lack of a right, but because a quota or another admission plugin does not want the object.
  const why = afterLast(about.why ?? '', 'is forbidden: ');
  return new ApiProblem(`the API server refused to ${target.verb} ${nameOf(target)}${where}`, {
    ...about,
    why,
    next: why.startsWith('exceeded quota') ? `kubectl describe resourcequotas -n ${target.namespace}` : undefined,
    exitCode: ExitCode.negative,
  });
}

function notFound({details = {}}: V1Status, target: Target, about: Facts): ApiProblem {
  const {resource, namespace, name} = target;
  if (details.kind === 'namespaces' && resource.plural !== 'namespaces') {
    return new ApiProblem(`namespace ${namespace} does not exist`, {
      ...about,
      why: `${nameOf(target)} would have to be in it`,
      next: 'kubectl get namespaces',
    });
  }
  // Without the object's name it is the path that does not exist, and so the kind.
  if (name !== undefined && details.name !== undefined && about.reason === 'NotFound') {
    return new NotFound(`${nameOf(target)} not found${inNamespace(target)}`, {
      ...about,
      why: `there is no ${resource.kind.toLowerCase()} of that name`,
      next: `kubectl get ${resource.plural}${namespace === undefined ? '' : ` -n ${namespace}`}`,
    });
  }
  return new ApiProblem(`the API server does not know ${nameWithSubresource(target)}`, {
    ...about,
    why: `it serves no ${resource.plural} in ${resource.apiVersion}`,
    next: 'kubectl api-resources',
  });
}

interface Facts {
  readonly status: number;
  readonly reason: string;
  readonly why: string | undefined;
}

function strangeAnswer(code: number, target: Target, place: Place): ApiProblem {
  return new ApiProblem(`${place.server} answered ${code} and not as an API server does`, {
    status: code,
    reason: '',
    why: `asked to ${target.verb} ${nameWithSubresource(target)}; perhaps a proxy or a load balancer answers there`,
    next: `check the server of context ${place.context}: kubectl config view --minify --context ${place.context}`,
  });
}

/** A field a line, as validation names them. */
function causes(status: V1Status, target: Target): string | undefined {
  const lines = (status.details?.causes ?? [])
    .slice(0, 5)
    .map(({field, message = ''}) => `${field ? `${printable(field)}: ` : ''}${clean(message, target)}`);
  return lines.length > 0 ? lines.join('\n') : undefined;
}

/** One line, safe to print, of a bounded length. What validation quotes of a Secret's fields is left out. */
function clean(message: string, {resource}: Target): string {
  const shown = resource.kind === 'Secret' ? message.replaceAll(/(value: )"(?:[^"\\]|\\.)*"/g, '$1…') : message;
  const line = printable(shown.trim().replaceAll(/\s*\n\s*/g, '; '));
  return line.length > MESSAGE_LENGTH ? `${line.slice(0, MESSAGE_LENGTH)}…` : line;
}
const MESSAGE_LENGTH = 600;

const afterLast = (text: string, mark: string): string =>
  text.slice(text.lastIndexOf(mark) + (text.includes(mark) ? mark.length : 1));

/** `deployment/web`, `the log of pod/web-1`, or `deployments` where no name was given. */
function nameOf({resource, name, subresource}: Target): string {
  if (name === undefined) return resource.plural;
  return `${subresource ? `the ${subresource} of ` : ''}${resource.kind.toLowerCase()}/${name}`;
}

const inNamespace = ({namespace}: Target): string => (namespace === undefined ? '' : ` in namespace ${namespace}`);

/** `deployments.apps`, `pods/log`: as `kubectl auth can-i` takes it. */
const nameWithSubresource = ({resource, subresource}: Target): string =>
  `${qualifiedName(resource)}${subresource ? `/${subresource}` : ''}`;

function parseStatus(body: Buffer): V1Status | undefined {
  const parsed = parseObject(body.toString('utf8'));
  return parsed && 'kind' in parsed && parsed.kind === 'Status' ? (parsed as V1Status) : undefined;
}
