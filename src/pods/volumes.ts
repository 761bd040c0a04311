import {ENOUGH_FAILURES, missingObject} from './configuration.ts';
import {countOf, earliest, firstOf, latest, messageOf} from './events.ts';
import {containersOf, oneLine, type Pod, type PodEvent} from './pod.ts';
import type {Trouble} from './trouble.ts';

const FAILURES = new Set(['FailedMount', 'FailedAttachVolume', 'FailedMapVolume', 'FailedCreatePodSandBox', 'NetworkNotReady']);
/** What kubelet adds every two minutes, with nothing in it that a failure of a single volume has not said better. */
const SUMMARY = /Unable to attach or mount volumes/;

/** Why a pod that has a node has no container yet: its volumes, or its network. */
export function setUpTrouble(pod: Pod, events: readonly PodEvent[]): Trouble | undefined {
  if (!isBeingSetUp(pod)) return undefined;
  const failures = events.filter(({reason}) => FAILURES.has(reason ?? ''));
  const telling = failures.filter((event) => !SUMMARY.test(messageOf(event)));
  const meant = telling.length > 0 ? telling : failures;
  const last = latest(meant);
  if (last === undefined) return undefined;
  const message = messageOf(last);
  const found = missingObject(message, pod, volumeOf(message));
  const alike = meant.filter(({reason}) => reason === last.reason);
  const count = alike.reduce((sum, event) => sum + countOf(event), 0);
  return {
    ...(found ?? other(last, message, pod)),
    doomed: found !== undefined && count >= ENOUGH_FAILURES,
    since: earliest(alike.map(firstOf)),
    tally: found === undefined ? {count, unit: 'times'} : undefined,
    ofTemplate: found !== undefined,
  };
}

function isBeingSetUp(pod: Pod): boolean {
  if (!pod.spec?.nodeName || pod.status?.phase !== 'Pending') return false;
  return containersOf(pod).every(({status: {state, lastState}}) => {
    const reason = state?.waiting?.reason;
    return (
      !state?.running &&
      !state?.terminated &&
      !lastState?.terminated &&
      (!reason || reason === 'ContainerCreating' || reason === 'PodInitializing')
    );
  });
}

const volumeOf = (message: string): string | undefined => /for volume "([^"]+)"/.exec(message)?.[1];

function other({reason}: PodEvent, message: string, pod: Pod): Pick<Trouble, 'reason' | 'message' | 'fix'> {
  const namespace = pod.metadata?.namespace ?? 'default';
  const name = pod.metadata?.name ?? 'POD';
  if (reason === 'FailedCreatePodSandBox' || reason === 'NetworkNotReady') {
    const why = message.replace(/^Failed to create pod sandbox: /, '').replace(/^rpc error: code = \w+ desc = /, '');
    return {
      reason: 'SandboxFailed',
      message: `the node cannot set up the pod's network: ${oneLine(withoutIds(why), 140)}`,
      fix: pod.spec?.nodeName ? `look at its network plugin: kubectl describe node ${pod.spec.nodeName}` : undefined,
    };
  }
  const volume = volumeOf(message) ?? /unmounted volumes=\[([^\]]+)\]/.exec(message)?.[1];
  if (/Multi-Attach/.test(message)) {
    return {
      reason: 'VolumeInUse',
      message: `volume ${claimOf(pod, volume) ?? volume ?? ''} is still attached to another node`,
      fix: 'wait for the old pod to stop; a ReadWriteOnce volume needs the strategy Recreate',
    };
  }
  const why = message
    .replace(/^MountVolume\.\w+ failed for volume "[^"]*" : /, '')
    .replace(/^AttachVolume\.\w+ failed for volume "[^"]*" : /, '');
  return {
    reason: reason === 'FailedAttachVolume' ? 'VolumeAttachFailed' : 'VolumeMountFailed',
    message: `volume ${volume ?? ''}: ${oneLine(withoutIds(why), 140)}`,
    fix: `kubectl describe pod ${name} -n ${namespace}`,
  };
}

const claimOf = ({spec}: Pod, volume: string | undefined): string | undefined =>
  spec?.volumes?.find(({name}) => name === volume)?.persistentVolumeClaim?.claimName;

/** Long hexadecimal numbers and UIDs differ from pod to pod. */
const withoutIds = (text: string): string => text.replace(/\b(?:[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32,})\b/g, '…');
