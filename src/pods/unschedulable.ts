import {oneLine, type Pod} from './pod.ts';
import type {Trouble} from './trouble.ts';

type Finding = Pick<Trouble, 'reason' | 'message' | 'doomed' | 'fix'>;

/** Why some nodes will not do, and how many they are. */
interface Objection {
  readonly nodes: number;
  readonly reason: string;
}

/**
 * A scheduler's verdict made readable: `0/3 nodes are available: 3 Insufficient cpu. preemption: …` →
 * `no node has 8 cpu free (3 of 3: insufficient cpu)`. Source: FitError.
 */
export function unschedulableWords(message: string, pod: Pod): Finding {
  const verdict = message.replace(/\s*(?:preemption|no new claims to deallocate|still not schedulable)[:,].*$/s, '');
  const claim = claimTrouble(message, pod);
  if (claim !== undefined) return claim;
  const total = Number(/^0\/(\d+) nodes/.exec(verdict)?.[1]);
  if (/no nodes available/.test(message) || total === 0) {
    return {...UNSCHEDULABLE, message: 'the cluster has no nodes', fix: 'add a node'};
  }
  const objections = objectionsOf(verdict.replace(/^[^:]*:\s*/, ''));
  const [only] = objections;
  if (Number.isNaN(total) || only === undefined) return {...UNSCHEDULABLE, message: oneLine(verdict, 160), fix: undefined};
  const words =
    objections.length === 1
      ? alone(only, total, pod)
      : `no node of ${total} will do: ${objections.map((o) => among(o, pod)).join(', ')}`;
  return {...UNSCHEDULABLE, message: words, fix: fixFor(objections, pod)};
}

const UNSCHEDULABLE = {reason: 'Unschedulable', doomed: false} as const;

/** `2 Insufficient cpu, 1 node(s) had untolerated taint {a: b}.`; commas within braces are not between objections. */
function objectionsOf(text: string): Objection[] {
  return text
    .replace(/\.\s*$/, '')
    .split(/,\s+(?=\d+ )/)
    .flatMap((part) => {
      const [, nodes, reason] = /^(\d+) (.+)$/s.exec(part.trim()) ?? [];
      return reason === undefined ? [] : [{nodes: Number(nodes), reason: reason.trim()}];
    });
}

function alone(objection: Objection, total: number, pod: Pod): string {
  const {nodes, reason} = objection;
  const resource = resourceOf(reason);
  const share = `${nodes} of ${total}`;
  if (resource !== undefined)
    return `no node has ${asks(pod, resource) ?? 'enough'} ${resource} free (${share}: insufficient ${resource})`;
  return `no node will do (${share}: ${plain(reason, pod)})`;
}

function among({nodes, reason}: Objection, pod: Pod): string {
  const resource = resourceOf(reason);
  if (resource === undefined) return `${nodes} ${plain(reason, pod)}`;
  const asked = asks(pod, resource);
  return `${nodes} insufficient ${resource}${asked === undefined ? '' : ` (asks ${asked})`}`;
}

const resourceOf = (reason: string): string | undefined => /^Insufficient (\S+)/.exec(reason)?.[1];

/** What a pod asks of a resource, as its containers write it: `500m + 1`. */
function asks({spec}: Pod, resource: string): string | undefined {
  const whole = spec?.resources?.requests?.[resource];
  const each = (spec?.containers ?? []).flatMap(
    ({resources}) => resources?.requests?.[resource] ?? resources?.limits?.[resource] ?? [],
  );
  return whole ?? (each.length > 0 ? each.join(' + ') : undefined);
}

/** An objection in a few words; the scheduler's own where it has good ones. */
function plain(reason: string, {spec}: Pod): string {
  const taint = /untolerated taint(?:\(s\))?\s*(?:\{([^}:]*):?\s*([^}]*)\})?/.exec(reason);
  if (taint !== null) return taintWords(taint[1], taint[2]);
  if (/node affinity\/selector/.test(reason)) {
    const selector = Object.entries(spec?.nodeSelector ?? {}).map(([key, value]) => `${key}=${value}`);
    return `do not match ${selector.length > 0 ? `nodeSelector ${selector.join(',')}` : 'the node affinity'}`;
  }
  if (/were unschedulable/.test(reason)) return 'cordoned';
  if (/Too many pods/.test(reason)) return 'full (too many pods)';
  if (/free ports/.test(reason)) return 'have the host port in use';
  if (/volume node affinity conflict|PersistentVolume's node affinity/.test(reason))
    return "cannot reach the pod's volume (node affinity of the volume)";
  return reason.replace(/^node\(s\) /, '').replace(/^(?:had|were) /, '');
}

function taintWords(key: string | undefined, value = ''): string {
  if (key === undefined || key === '') return 'tainted';
  if (/^node\.kubernetes\.io\/(?:not-ready|unreachable)$/.test(key)) return `not ready (taint ${key})`;
  if (/^node\.kubernetes\.io\/unschedulable$/.test(key)) return 'cordoned';
  return `tainted ${key}${value === '' ? '' : `=${value}`}`;
}

function fixFor(objections: readonly Objection[], pod: Pod): string {
  const resources = objections.flatMap(({reason}) => resourceOf(reason) ?? []);
  if (resources.length > 0) return 'ask for less, or add a node: kubectl describe nodes';
  if (objections.some(({reason}) => /affinity\/selector/.test(reason))) {
    const [key] = Object.keys(pod.spec?.nodeSelector ?? {});
    return `label a node, or change the pod's: kubectl get nodes ${key === undefined ? '--show-labels' : `-L ${key}`}`;
  }
  if (objections.some(({reason}) => /were unschedulable|unschedulable:/.test(reason))) return 'kubectl uncordon NODE';
  return 'kubectl describe nodes';
}

/** A pod waits for its volumes before it is given a node. */
function claimTrouble(message: string, {metadata}: Pod): Finding | undefined {
  const namespace = metadata?.namespace ?? 'default';
  const missing = /persistentvolumeclaim "([^"]+)" not found/i.exec(message)?.[1];
  if (missing !== undefined) {
    return {
      reason: 'MissingVolumeClaim',
      message: `PersistentVolumeClaim ${missing} does not exist`,
      doomed: true,
      fix: `create it: kubectl get pvc -n ${namespace}`,
    };
  }
  if (/unbound immediate PersistentVolumeClaims|didn't find available persistent volumes/i.test(message)) {
    return {
      reason: 'UnboundVolumeClaim',
      message: 'its PersistentVolumeClaim is not bound to a volume',
      doomed: false,
      fix: `see why: kubectl describe pvc -n ${namespace}`,
    };
  }
  return undefined;
}
