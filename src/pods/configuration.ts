import {earliest, firstOf, isAbout, totalCount} from './events.ts';
import {conditionOf, containerWords, elapsed, oneLine, type Pod, type PodContainer, type PodEvent} from './pod.ts';
import {type Missing, SETTLED_MS, type Trouble} from './trouble.ts';

type Finding = Pick<Trouble, 'reason' | 'message' | 'doomed' | 'missing' | 'fix'>;

/** What passes by itself: kubelet is still reading, or the runtime is busy. */
const PASSING =
  /failed to sync \w+ cache|services have not yet been read|context deadline exceeded|name ".*" is reserved|timed out waiting/i;

/** Once may be by chance: kubelet tries again ten seconds later. */
export const ENOUGH_FAILURES = 2;

/** Why kubelet cannot put a container together; undefined where that is not what it waits for. */
export function configurationTrouble(
  container: PodContainer,
  pod: Pod,
  events: readonly PodEvent[],
  now: number,
): Trouble | undefined {
  const {reason, message = ''} = container.status.state?.waiting ?? {};
  if (reason !== 'CreateContainerConfigError' && reason !== 'CreateContainerError') return undefined;
  const failures = events.filter(
    (event) => event.reason === 'Failed' && isAbout(event, container.name) && event.message?.includes(message),
  );
  const since = earliest([
    ...failures.map(firstOf),
    ...(failures.length === 0 ? [conditionOf(pod, 'PodScheduled')?.lastTransitionTime] : []),
  ]);
  const missing = missingObject(message, pod);
  const settled = totalCount(failures) >= ENOUGH_FAILURES || (elapsed(since, now) ?? SETTLED_MS) >= SETTLED_MS;
  return {
    ...(missing === undefined ? refused(message, container, reason) : {...missing, doomed: settled}),
    container: container.name,
    since,
    ofTemplate: true,
  };
}

/** Which ConfigMap, Secret or key of one a message of kubelet's says is not there. `volume`: whose volume it is about. */
export function missingObject(message: string, pod: Pod, volume?: string): Finding | undefined {
  const namespace = pod.metadata?.namespace ?? 'default';
  const named = /\b(configmap|secret) "([^"]+)" not found/i.exec(message);
  if (named !== null) return missing(kindOf(named[1]), named[2] ?? '', namespace);
  const key = /couldn't find key (\S+) in (ConfigMap|Secret) [^/\s]*\/(\S+)/i.exec(message);
  if (key !== null) return missingKey(kindOf(key[2]), key[3] ?? '', key[1] ?? '', namespace);
  const reference = /\b(configmap|secret)? ?references non-existent (?:config|secret) key: (\S+)/i.exec(message);
  if (reference === null) return undefined;
  const source = volumeSource(pod, volume);
  if (source === undefined) return undefined;
  return missingKey(source.kind, source.name, reference[2] ?? '', namespace);
}

type SourceKind = Missing['kind'];
const kindOf = (word = ''): SourceKind => (word.toLowerCase() === 'secret' ? 'Secret' : 'ConfigMap');

const missing = (kind: SourceKind, name: string, namespace: string): Finding => ({
  reason: `Missing${kind}`,
  message: `${kind} ${name} does not exist`,
  doomed: true,
  missing: {kind, name},
  fix: `create it: kubectl create ${kind === 'Secret' ? 'secret generic' : 'configmap'} ${name} -n ${namespace} --from-literal=KEY=VALUE`,
});

const missingKey = (kind: SourceKind, name: string, key: string, namespace: string): Finding => ({
  reason: `Missing${kind}Key`,
  message: `${kind} ${name} has no key ${key}`,
  doomed: true,
  missing: {kind, name, key},
  fix: `add the key, or fix its name: ${kind === 'Secret' ? `kops secret decode ${name}` : `kubectl get configmap ${name} -o yaml`} -n ${namespace}`,
});

/** The ConfigMap or Secret behind a volume; undefined for other kinds, and for projected ones of more than one source. */
function volumeSource(pod: Pod, name: string | undefined): {kind: SourceKind; name: string} | undefined {
  const volume = pod.spec?.volumes?.find((candidate) => candidate.name === name);
  const projected = (volume?.projected?.sources ?? []).filter(({configMap, secret}) => configMap ?? secret);
  const {configMap, secret} = projected.length === 1 ? (projected[0] ?? {}) : {configMap: volume?.configMap, secret: undefined};
  if (configMap?.name) return {kind: 'ConfigMap', name: configMap.name};
  const secretName = volume?.secret?.secretName ?? secret?.name;
  return secretName ? {kind: 'Secret', name: secretName} : undefined;
}

function refused(message: string, container: PodContainer, reason: string): Finding {
  const words = containerWords(container);
  if (PASSING.test(message)) {
    const waits = reason === 'CreateContainerConfigError' ? 'ConfigNotSynced' : 'CannotCreateContainer';
    return {reason: waits, message: `${words}: ${oneLine(message, 120)}`, doomed: false, fix: undefined};
  }
  if (/runAsNonRoot|non-root/i.test(message)) {
    const why = /image will run as root/.test(message) ? 'its image runs as root' : 'its user is root or not a number';
    return {
      reason: 'RunAsNonRoot',
      message: `${words} must not run as root, but ${why}`,
      doomed: true,
      fix: 'set securityContext.runAsUser to a number that is not 0',
    };
  }
  return {
    reason: reason === 'CreateContainerConfigError' ? 'ContainerConfigError' : 'CannotCreateContainer',
    message: `${words}: ${oneLine(withoutPod(message))}`,
    doomed: reason === 'CreateContainerConfigError' || /no command specified/i.test(message),
    fix: undefined,
  };
}

/** Without ` (pod: "web-7bfb_shop(uid)", container: web)`, which differs from pod to pod. */
const withoutPod = (message: string): string =>
  message.replace(/\s*\(pod: .*\)$/, '').replace(/^rpc error: code = \w+ desc = /, '');
