import {describe, expect, test} from 'vitest';
import {describePod} from '../../src/pods/containers.ts';
import {leanPod} from '../../src/pods/lean.ts';
import {findTroubles} from '../../src/pods/troubles.ts';
import {ago, event, NOW, pod} from '../support/builders.ts';
import {recordings} from '../support/recordings.ts';

const recorded = [...recordings('kubelet')].flatMap(([name, {pod: one, pods = one ? [one] : [], events, now}]) =>
  pods.map((whole) => ({name: `${name} ${whole.metadata?.name}`, whole, now, events})),
);

describe('a lean pod is diagnosed as the whole one', () => {
  test.each(recorded)('$name', ({whole, now, events}) => {
    const about = events.filter(({involvedObject}) => involvedObject.uid === whole.metadata?.uid);
    const lean = leanPod(structuredClone(whole));
    expect(findTroubles(lean, about, now)).toEqual(findTroubles(whole, about, now));
    expect(describePod(lean, now, about)).toEqual(describePod(whole, now, about));
  });

  test('although it is well and its liveness probe fails', () => {
    const livenessProbe = {httpGet: {path: '/live', port: 80}} as const;
    const whole = pod({containers: [{spec: {livenessProbe}}]});
    const message = 'Liveness probe failed: HTTP probe failed with statuscode: 500';
    const events = [event(whole, {reason: 'Unhealthy', message, fieldPath: 'spec.containers{web}'})];
    const troubles = findTroubles(whole, events, NOW);
    expect(troubles).toMatchObject([{reason: 'LivenessProbeFailed'}]);
    expect(findTroubles(leanPod(structuredClone(whole)), events, NOW)).toEqual(troubles);
  });
});

const heavy = {
  spec: {volumes: [{name: 'config', configMap: {name: 'web'}}], containers: [{name: 'web', env: [{name: 'A', value: 'B'}]}]},
};

test('of a pod that is well nothing is kept but whose it is and how its containers fare', () => {
  const {metadata, spec} = leanPod({...pod(heavy), metadata: {...pod().metadata, managedFields: [{}], annotations: {a: 'b'}}});
  expect(Object.keys(metadata ?? {})).toEqual(['name', 'namespace', 'uid', 'labels', 'ownerReferences', 'creationTimestamp']);
  expect(spec).toEqual({nodeName: 'node-1', containers: [{name: 'web'}], initContainers: []});
});

test.each([
  ['not ready', {containers: [{ready: false}]}],
  ['restarted', {containers: [{restarts: 1}]}],
  ['on its way out', {deletedAt: ago(1)}],
])('of one that is %s all is', (_case, state) => {
  const whole = pod({...state, ...heavy});
  expect(leanPod({...whole, metadata: {...whole.metadata, managedFields: [{}]}})).toEqual(whole);
});
