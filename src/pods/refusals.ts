import {parseQuantity} from '../kube/quantity.ts';
import {oneLine} from './pod.ts';
import type {Trouble} from './trouble.ts';

/** Why the API server refuses to make a pod. */
export interface Refusal extends Pick<Trouble, 'reason' | 'message' | 'fix' | 'ofTemplate'> {
  /**
   * `never`: no pod of this template will be let in. `room`: it will be once others have gone. `later`: what judges it may not be up yet.
   */
  readonly until: 'never' | 'room' | 'later';
}

/** Reads what a controller says of a pod that it could not create: a ReplicaFailure condition or a FailedCreate event. */
export function refusalOf(said: string, namespace: string): Refusal {
  const message = said
    .replace(/^\(combined from similar events\): /, '')
    .replace(/^(?:Error creating: |create (?:Pod|Claim) .*? failed error: )/, '')
    .replace(/^failed to create PVC \S+: /, '');
  const why = message.replace(/^[\w.]+ "[^"]*" is (?:forbidden|invalid): /, '');
  return (
    exceededQuota(why, namespace) ??
    admission(message, namespace) ??
    missing(why, namespace) ??
    policy(why, namespace) ?? {
      reason: 'PodRefused',
      message: `the API server refuses the pod: ${oneLine(why)}`,
      fix: undefined,
      ofTemplate: true,
      until: 'later',
    }
  );
}

/** Source: the ResourceQuota admission plugin. */
function exceededQuota(why: string, namespace: string): Refusal | undefined {
  const exceeded = /exceeded quota: (\S+), requested: (.+?), used: (.+?), limited: (.+)$/s.exec(why);
  if (exceeded !== null) {
    const [, name = '', ...lists] = exceeded;
    const [requested = {}, used = {}, limited = {}] = lists.map(amounts);
    const over = Object.keys(requested).map(
      (resource) => `${resource} ${used[resource]} of ${limited[resource]} used, asks ${requested[resource]}`,
    );
    const alone = Object.entries(requested).some(([resource, amount]) => exceeds(amount, limited[resource]));
    return {
      reason: 'QuotaExceeded',
      message: `quota ${name} is used up: ${oneLine(over.join('; '))}`,
      fix: `ask for less, free some or raise it: kubectl describe quota ${name} -n ${namespace}`,
      ofTemplate: true,
      until: alone ? 'never' : 'room',
    };
  }
  const unspecified = /failed quota: (\S+): must specify (.+)$/s.exec(why);
  if (unspecified !== null) {
    const [, name, fields = ''] = unspecified;
    return {
      reason: 'QuotaNeedsRequests',
      message: `quota ${name} lets in only pods that say their ${oneLine(fields)}`,
      fix: `set them in the template's resources: kubectl describe quota ${name} -n ${namespace}`,
      ofTemplate: true,
      until: 'never',
    };
  }
  return undefined;
}

/** `requests.cpu=500m,pods=1` */
const amounts = (list: string): Readonly<Record<string, string>> =>
  Object.fromEntries(list.split(',').map((pair) => pair.trim().split('=') as [string, string]));

function exceeds(amount: string | undefined, limit: string | undefined): boolean {
  const [asked, allowed] = [parseQuantity(amount ?? ''), parseQuantity(limit ?? '')];
  return asked !== undefined && allowed !== undefined && asked > allowed;
}

/** Webhooks and policies. */
function admission(message: string, namespace: string): Refusal | undefined {
  const denied = /admission webhook "([^"]+)" denied the request(?: without explanation)?:?\s*(.*)$/s.exec(message);
  if (denied !== null) {
    const [, webhook, why = ''] = denied;
    return {
      reason: 'AdmissionDenied',
      message: `admission webhook ${webhook} denies the pod${why === '' ? '' : `: ${oneLine(why)}`}`,
      fix: 'change the template as it asks',
      ofTemplate: true,
      until: 'never',
    };
  }
  const policy = /ValidatingAdmissionPolicy '([^']+)'.*? denied request: (.*)$/s.exec(message);
  if (policy !== null) {
    return {
      reason: 'AdmissionDenied',
      message: `admission policy ${policy[1]} denies the pod: ${oneLine(policy[2] ?? '')}`,
      fix: `change the template as it asks: kubectl get validatingadmissionpolicy ${policy[1]} -o yaml`,
      ofTemplate: true,
      until: 'never',
    };
  }
  const failed = /failed calling webhook "([^"]+)":\s*(.*)$/s.exec(message);
  if (failed !== null) {
    const why = (failed[2] ?? '').replace(/^failed to call webhook: /, '').replace(/^Post "([^"?]+)[^"]*": /, '');
    return {
      reason: 'AdmissionWebhookUnreachable',
      message: `admission webhook ${failed[1]} does not answer: ${oneLine(why, 140)}`,
      fix: 'bring its service back: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations',
      ofTemplate: false,
      until: 'later',
    };
  }
  const security = /violates PodSecurity "([^"]+)": (.*)$/s.exec(message);
  if (security === null) return undefined;
  return {
    reason: 'PodSecurityViolation',
    message: `violates PodSecurity "${security[1]}": ${oneLine(security[2] ?? '', 400)}`,
    fix: `set that in the template's securityContext: kubectl get namespace ${namespace} --show-labels`,
    ofTemplate: true,
    until: 'never',
  };
}

/** What the pod names and the cluster does not have. */
function missing(why: string, namespace: string): Refusal | undefined {
  const account = /error looking up service account [^:]*: serviceaccount "([^"]+)" not found/i.exec(why)?.[1];
  if (account !== undefined) {
    return {
      reason: 'MissingServiceAccount',
      message: `ServiceAccount ${account} does not exist`,
      fix: `create it: kubectl create serviceaccount ${account} -n ${namespace}`,
      ofTemplate: true,
      until: account === 'default' ? 'later' : 'never', // a controller makes `default` a moment after its namespace
    };
  }
  const priority = /no PriorityClass with name (\S+) was found/.exec(why)?.[1];
  const runtime = /RuntimeClass "([^"]+)" not found/.exec(why)?.[1];
  if (priority !== undefined || runtime !== undefined) {
    const [kind, name] = priority === undefined ? ['RuntimeClass', runtime] : ['PriorityClass', priority];
    return {
      reason: `Missing${kind}`,
      message: `${kind} ${name} does not exist`,
      fix: `fix the name: kubectl get ${kind.toLowerCase()}`,
      ofTemplate: true,
      until: 'never',
    };
  }
  if (!/because it is being terminated/.test(why)) return undefined;
  return {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being deleted`,
    fix: undefined,
    ofTemplate: false,
    until: 'never',
  };
}

/** LimitRanges, OpenShift's constraints, and specs that are not valid. Source: the LimitRanger admission plugin. */
function policy(why: string, namespace: string): Refusal | undefined {
  if (/(?:minimum|maximum) \S+ usage per|max limit to request ratio per/.test(why)) {
    return {
      reason: 'LimitRangeViolation',
      message: `a LimitRange forbids it: ${oneLine(why.replace(/^\[|\]$/g, ''))}`,
      fix: `keep the template's resources within it: kubectl describe limitrange -n ${namespace}`,
      ofTemplate: true,
      until: 'never',
    };
  }
  if (/unable to validate against any security context constraint/.test(why)) {
    return {
      reason: 'SecurityConstraint',
      message: oneLine(why),
      fix: "change the template's securityContext",
      ofTemplate: true,
      until: 'never',
    };
  }
  if (/^(?:spec|metadata)\.\S+: (?:Invalid|Forbidden|Required|Unsupported)/.test(why)) {
    return {
      reason: 'InvalidPod',
      message: `the pod is not valid: ${oneLine(why)}`,
      fix: 'fix the template',
      ofTemplate: true,
      until: 'never',
    };
  }
  return undefined;
}
