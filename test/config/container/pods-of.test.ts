import {expect, test} from 'vitest';
import {effectiveCommand} from '../../../src/config/command/command.ts';
import {podsOf, readSource} from '../../../src/config/container/read.ts';
import type {KubeObject} from '../../../src/kube/json.ts';
import {FakeCluster} from '../../support/fake-cluster.ts';

const {signal} = new AbortController();
const spec = {containers: [{name: 'c', image: 'web:1.0'}]};
const owned = (kind: string, name: string) => ({
  ownerReferences: [{apiVersion: 'batch/v1', kind, name, uid: 'u', controller: true}],
});
const object = (kind: string, name: string, fields: object, metadata: object = {}) =>
  ({kind, metadata: {namespace: 'shop', name, ...metadata}, ...fields}) as KubeObject;
const job = (name: string, owner: string) =>
  object('Job', name, {spec: {selector: {matchLabels: {'job-name': name}}, template: {spec}}}, owned('CronJob', owner));
const podOf = (name: string, creationTimestamp: string) =>
  object('Pod', `${name}-x`, {spec}, {labels: {'job-name': name}, creationTimestamp, ...owned('Job', name)});

test('the pods of a CronJob are those of its Jobs, the newest first', async () => {
  const cluster = new FakeCluster([
    object('CronJob', 'nightly', {spec: {jobTemplate: {spec: {template: {spec}}}}}),
    ...[job('nightly-1', 'nightly'), job('nightly-2', 'nightly'), job('other-1', 'other')],
    podOf('nightly-1', '2026-05-01T10:00:00Z'),
    podOf('nightly-2', '2026-05-02T10:00:00Z'),
    podOf('other-1', '2026-05-03T10:00:00Z'),
  ]);
  const source = await readSource(cluster, {kind: 'CronJob', namespace: 'shop', name: 'nightly'}, 'env', signal);
  const pods = await podsOf(cluster, source, signal);
  expect(pods.map(({metadata}) => metadata?.name)).toEqual(['nightly-2-x', 'nightly-1-x']);
});

test('what an ephemeral container runs its node is asked, as for any other', async () => {
  const ephemeralContainers = [{name: 'debug', image: 'shell:1.0'}];
  const status = {ephemeralContainerStatuses: [{name: 'debug', imageID: 'sha256:1'}]};
  const cluster = new FakeCluster([object('Pod', 'web-1', {spec: {...spec, ephemeralContainers, nodeName: 'n1'}, status})]);
  const asked: unknown[] = [];
  const ask = async (node: string, images: readonly string[]) => {
    asked.push([node, images]);
    return {entrypoint: ['/bin/sh'], cmd: [], source: 'n1'};
  };
  const target = {kind: 'Pod', namespace: 'shop', name: 'web-1'} as const;
  const {argv} = await effectiveCommand(cluster, target, {container: 'debug', reveal: false}, ask, signal);
  expect([argv, asked]).toEqual([['/bin/sh'], [['n1', ['sha256:1', 'shell:1.0']]]]);
});
