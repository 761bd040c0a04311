import {expect, test} from 'vitest';
import {findTroubles} from '../../src/pods/troubles.ts';
import {ago, type EventState, event, NOW, type PodState, pod} from '../support/builders.ts';

const creating = {waiting: {reason: 'ContainerCreating'}};
const initialising = {waiting: {reason: 'PodInitializing'}};
const pulling = (last: number): EventState => ({type: 'Normal', reason: 'Pulling', message: 'Pulling image "web:2.0"', last});
const pulled = (last: number): EventState => ({
  type: 'Normal',
  reason: 'Pulled',
  message: 'Successfully pulled image "web:2.0"',
  last,
});

test.each<[string, PodState, EventState[], string | undefined]>([
  ['pulls for a moment', {containers: [creating]}, [pulling(20)], undefined],
  ['pulls for long', {containers: [creating]}, [pulling(200)], 'still pulling web:2.0'],
  ['has its image, and is made for a moment', {createdAt: ago(20), containers: [creating]}, [], undefined],
  [
    'has its image, and is made for long',
    {createdAt: ago(300), containers: [creating]},
    [pulling(200), pulled(190)],
    'web is still being created',
  ],
  ['is made for long, no event tells', {createdAt: ago(300), containers: [creating]}, [], 'web is still being created'],
  [
    'pulls for an init container',
    {createdAt: ago(300), init: [{name: 'migrate', image: 'migrate:1', ...initialising}], containers: [initialising]},
    [{...pulling(200), fieldPath: 'spec.initContainers{migrate}'}],
    'still pulling migrate:1',
  ],
  [
    'waits for an init container that runs',
    {createdAt: ago(300), init: [{name: 'migrate', running: 50, ready: false}], containers: [initialising]},
    [],
    undefined,
  ],
  [
    'waits for an init container that runs for long',
    {createdAt: ago(300), init: [{name: 'migrate', running: 290, ready: false}], containers: [initialising]},
    [],
    'init container migrate is still running',
  ],
  [
    'waits for an init container that has just ended',
    {createdAt: ago(300), init: [{name: 'migrate', terminated: {exitCode: 0}, ready: true}], containers: [initialising]},
    [],
    undefined,
  ],
])('a pod that %s', (_case, state, events, message) => {
  const subject = pod({phase: 'Pending', ...state});
  const about = events.map((e) => event(subject, {fieldPath: 'spec.containers{web}', ...e}));
  expect(findTroubles(subject, about, NOW)[0]?.message).toBe(message);
});
