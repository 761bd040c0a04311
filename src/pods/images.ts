import {countOf, earliest, firstOf, isAbout, latest, messageOf} from './events.ts';
import {conditionOf, containerWords, elapsed, oneLine, type Pod, type PodContainer, type PodEvent} from './pod.ts';
import {remember} from './remember.ts';
import type {Trouble} from './trouble.ts';

/** What kubelet puts down as a container's reason to wait while its image cannot be had. */
const WAITING = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ImageInspectError',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);

/** So many failures of the same kind make an unreachable registry more than a passing fault. */
const ENOUGH_FAILURES = 3;
/** kubelet has tried three times by then (after 0, 10 and 30 s, each up to 30 s long): for where no event tells. */
const ENOUGH_MS = 120_000;

/** What a registry, or the way to it, answered; the first that fits counts. The wording is that of containerd, CRI-O and registries. */
const ANSWERS: readonly (readonly [reason: string, pattern: RegExp])[] = [
  ['ContainerRuntimeDown', /dial unix \S*(?:containerd|crio|cri-dockerd)\S*|containerd\.sock/i],
  ['NodeDiskFull', /no space left on device/i],
  ['RegistryRateLimited', /toomanyrequests|too many requests|rate limit/i],
  [
    'ImagePullDenied',
    /pull access denied|unauthorized|authentication required|authorization failed|access denied|insufficient_scope|no basic auth|\b(?:401|403) (?:Unauthorized|Forbidden)|: denied\b/i,
  ],
  ['ImageWrongPlatform', /no match for platform|no matching manifest for|does not match the (?:specified|detected) platform/i],
  [
    'RegistryUnreachable',
    /no such host|server misbehaving|name resolution|connection refused|connection reset|i\/o timeout|no route to host|network is unreachable|TLS handshake|x509|certificate (?:signed|has expired|is not)|context deadline exceeded|DeadlineExceeded|Client\.Timeout|gave HTTP response to HTTPS|: EOF\b|RegistryUnavailable/i,
  ],
  ['ImageNotFound', /not found|manifest unknown|name unknown|does not exist|NotFound/i],
  ['RegistryError', /unexpected status|\b5\d\d (?:Internal|Bad|Service|Gateway)/i],
];

const DOOMED = new Set([
  'ImageNotFound',
  'ImagePullDenied',
  'ImageWrongPlatform',
  'InvalidImageName',
  'ImageNeverPull',
  'ImageSignatureInvalid',
]);

/** Why a container's image cannot be had; undefined where that is not what it waits for. `events` are those about its pod. */
export function imageTrouble(container: PodContainer, pod: Pod, events: readonly PodEvent[], now: number): Trouble | undefined {
  const waiting = container.status.state?.waiting;
  if (waiting === undefined || !WAITING.has(waiting.reason ?? '')) return undefined;
  const image = container.spec.image ?? container.status.image ?? 'its image';
  const failures = events.filter((event) => isAbout(event, container.name) && isPullFailure(event));
  const answer = answerOf(waiting.message ?? '', failures);
  const words = withoutNames(answer, image);
  const reason = reasonOf(waiting.reason, words);
  const alike = failures.filter((event) => reasonOf(undefined, withoutNames(messageOf(event), image)) === reason);
  const since = earliest([
    ...alike.map(firstOf),
    ...(alike.length === 0 ? [conditionOf(pod, 'PodScheduled')?.lastTransitionTime] : []),
  ]);
  const count = alike.reduce((sum, event) => sum + countOf(event), 0);
  const worn = count >= ENOUGH_FAILURES || (failures.length === 0 && (elapsed(since, now) ?? 0) > ENOUGH_MS);
  return {
    reason,
    container: container.name,
    message: messageFor(reason, image, answer, container),
    doomed: DOOMED.has(reason) || (reason === 'RegistryUnreachable' && worn),
    since,
    tally: DOOMED.has(reason) ? undefined : {count, unit: 'times'},
    fix: fixFor(reason, image, words, pod),
    ofTemplate: reason.startsWith('Image') || reason === 'InvalidImageName' || /no such host/.test(words),
  };
}

const isPullFailure = ({reason, message = ''}: PodEvent): boolean =>
  reason === 'Failed' && message.includes('Failed to pull image');

/** kubelet's own words around the answer taken away; a server before 1.31 has nothing else in the status, so the events must tell. */
function answerOf(message: string, failures: readonly PodEvent[]): string {
  const answer = message.replace(/^Back-off pulling image "[^"]*"(?:: ErrImagePull)?:? ?/, '');
  if (answer !== '') return answer;
  const last = latest(failures);
  return last === undefined ? '' : messageOf(last).replace(/^Failed to pull image "[^"]*": /, '');
}

/** An answer without addresses and without the image's name, which may hold any of the words that tell one answer from another. */
const withoutNames = (answer: string, image: string): string => answer.replace(ADDRESSES, '…').replace(namesOf(image), '…');

const ADDRESSES = /https?:\/\/[^\s"]*[^\s":,]|(?<=\bmanifest )\S+(?= in )/g;

/** The forms in which runtimes write an image: `web:2.1` is `docker.io/library/web:2.1` too. A bare word is one only where it is marked so. */
const namesOf = remember((image: string): RegExp => {
  const [, path = '', version = ''] = /^([^@]*?)((?::[^:/@]+)?(?:@.+)?)$/.exec(image) ?? [];
  const parts = path.split('/');
  const name = parts.slice(isHost(parts[0]) && parts.length > 1 ? 1 : 0).join('/');
  const [quotedName, quotedVersion] = [name, version].map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const end = `${quotedVersion === '' ? '' : `(?:${quotedVersion})?`}(?![\\w/-])`;
  const qualified = `(?:[\\w.-]+(?::\\d+)?/)${name.includes('/') ? '*' : '+'}${quotedName}${end}`;
  const marked = `"${quotedName}"${quotedVersion === '' ? '' : `|(?<![\\w/-])${quotedName}${quotedVersion}(?![\\w/-])`}`;
  return new RegExp(`${qualified}|${marked}`, 'g');
});

function reasonOf(waiting: string | undefined, answer: string): string {
  if (waiting === 'InvalidImageName') return 'InvalidImageName';
  if (waiting === 'ErrImageNeverPull') return 'ImageNeverPull';
  if (waiting === 'SignatureValidationFailed') return 'ImageSignatureInvalid';
  return readAnswer(answer);
}

const readAnswer = remember((answer) => ANSWERS.find(([, pattern]) => pattern.test(answer))?.[0] ?? 'ImagePullFailed');

function messageFor(reason: string, image: string, answer: string, container: PodContainer): string {
  switch (reason) {
    case 'ImageNotFound':
      return `${image}: ${/manifest unknown|name unknown/i.exec(answer)?.[0].toLowerCase() ?? 'not found'}`;
    case 'ImagePullDenied':
      return `${image}: pull denied (${/no basic auth[^,:]*/i.exec(answer)?.[0] ?? 'not authorised, or no such repository'})`;
    case 'ImageWrongPlatform':
      return `${image}: not built for the node's platform`;
    case 'ImageNeverPull':
      return `${image}: not on the node, and imagePullPolicy is Never`;
    case 'InvalidImageName':
      return `${image}: not an image name${/invalid reference format: (.+)$/.test(answer) ? ` (${/format: (.+)$/.exec(answer)?.[1]})` : ''}`;
    case 'RegistryUnreachable':
      return `cannot reach ${registryOf(image)}${viaWords(image, answer)}: ${networkWords(answer)}`;
    case 'RegistryRateLimited':
      return `${registryOf(image)} refuses more pulls for now (rate limit)`;
    case 'ContainerRuntimeDown':
      return 'the container runtime of the node does not answer';
    case 'NodeDiskFull':
      return `${image}: no space left on the node`;
    default:
      return `${image} for ${containerWords(container)}: ${answer === '' ? 'cannot be pulled' : oneLine(innermost(answer))}`;
  }
}

const NETWORK =
  /no such host|server misbehaving|name resolution|connection refused|connection reset|i\/o timeout|no route to host|network is unreachable|TLS handshake timeout|x509: [^"]+|server gave HTTP response to HTTPS client/i;

/** The few words of an error of the network that tell it from others. */
function networkWords(answer: string): string {
  const words = NETWORK.exec(answer)?.[0];
  if (words !== undefined) return oneLine(words, 120);
  return /deadline|Client\.Timeout/i.test(answer) ? 'timed out' : oneLine(innermost(answer), 120);
}

/** The host that was asked, where it is not the image's own registry: a mirror. */
function viaWords(image: string, answer: string): string {
  const asked = /"https?:\/\/([^/"]+)\//.exec(answer)?.[1];
  return asked === undefined || asked === registryOf(image) || registryOf(image) === 'docker.io' ? '' : ` (through ${asked})`;
}

/** What is left of `failed to x: failed to y: z` without what kubelet and the runtime were doing. */
const innermost = (answer: string): string =>
  answer.replace(/^rpc error: code = \w+ desc = /, '').replace(/^(?:failed to [^:]*?(?:"[^"]*")?: )+/, '');

/** An image's first part is a host where it has a dot or a port, or is localhost. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && isHost(first) ? first : 'docker.io';
}

const isHost = (part = ''): boolean => /[.:]|^localhost$/.test(part);

function fixFor(reason: string, image: string, answer: string, pod: Pod): string | undefined {
  const registry = registryOf(image);
  switch (reason) {
    case 'ImageNotFound':
    case 'InvalidImageName':
      return reason === 'ImageNotFound' ? 'fix the tag' : 'fix the name';
    case 'ImagePullDenied':
      return pullSecretFix(pod, registry);
    case 'ImageWrongPlatform':
      return "build it for the nodes' platform: kubectl get nodes -L kubernetes.io/arch";
    case 'ImageNeverPull':
      return 'load it onto the nodes, or let it be pulled (imagePullPolicy: IfNotPresent)';
    case 'RegistryUnreachable':
      if (/x509/.test(answer)) return `make the nodes trust the certificate of ${registry}`;
      if (/no such host|misbehaving/.test(answer)) return `check the name ${registry}, and whether the nodes can resolve it`;
      return `check the way from the nodes${pod.spec?.nodeName ? ` (${pod.spec.nodeName})` : ''} to ${registry}`;
    case 'ContainerRuntimeDown':
    case 'NodeDiskFull':
      return pod.spec?.nodeName ? `kubectl describe node ${pod.spec.nodeName}` : undefined;
    default:
      return undefined;
  }
}

function pullSecretFix({metadata, spec}: Pod, registry: string): string {
  const [secret] = (spec?.imagePullSecrets ?? []).flatMap(({name}) => name ?? []);
  if (secret === undefined) return `check the name, and give the pods an imagePullSecret for ${registry}`;
  return `check the name, and imagePullSecret ${secret}: kops secret decode ${secret} -n ${metadata?.namespace ?? 'default'}`;
}
