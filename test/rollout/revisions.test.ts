import {expect, test} from 'vitest';
import {revisionsOf} from '../../src/rollout/revisions.ts';
import {ago, controllerRevision, daemonSet, deployment, pod, replicaSet, statefulSet, template} from '../support/builders.ts';

const web = deployment({image: 'web:2.0'});
const db = statefulSet({updateRevision: 'db-2'});
const agent = daemonSet({image: 'agent:2.0'});
const dbTemplate = (image: string) => template({image, labels: {app: 'db'}, container: {name: 'db'}});
const agentTemplate = (image: string) => template({image, labels: {app: 'agent'}, container: {name: 'agent'}});
const summary = (revisions: ReturnType<typeof revisionsOf>) =>
  revisions.map(({number, replicas, current}) => `${number}: ${replicas} pods${current ? ', current' : ''}`);

test('revisions are ordered as numbers, the one of the template is current', () => {
  const objects = [
    replicaSet({hash: 'c', revision: 10, replicas: 3, image: 'web:2.0'}),
    replicaSet({hash: 'a', revision: 2, replicas: 0, image: 'web:1.0'}),
    replicaSet({hash: 'b', revision: 9, replicas: 1, image: 'web:1.1'}),
  ];
  expect(summary(revisionsOf(web, objects, []))).toEqual(['2: 0 pods', '9: 1 pods', '10: 3 pods, current']);
});

test("what another workload controls is no revision, even with this workload's labels", () => {
  const other = {kind: 'Deployment', metadata: {name: 'web', uid: 'an-earlier-web'}};
  expect(revisionsOf(web, [replicaSet({owner: other}), replicaSet({hash: 'b'})], [])).toHaveLength(1);
});

test('of two ReplicaSets with the same template the oldest is current, as for the controller', () => {
  const objects = [
    replicaSet({hash: 'new', revision: 3, createdAt: ago(10), image: 'web:2.0'}),
    replicaSet({hash: 'old', revision: 2, createdAt: ago(900), image: 'web:2.0'}),
  ];
  const current = revisionsOf(web, objects, []).find((revision) => revision.current);
  expect(current?.name).toBe('web-old');
});

test('a template that no ReplicaSet has yet makes none of them current', () => {
  expect(revisionsOf(web, [replicaSet({image: 'web:1.0'})], []).some(({current}) => current)).toBe(false);
});

test("a revision's template comes without the hash, whatever kind keeps it", () => {
  const [ofReplicaSet] = revisionsOf(web, [replicaSet({image: 'web:2.0'})], []);
  const [ofControllerRevision] = revisionsOf(db, [controllerRevision(db, {name: 'db-2', template: dbTemplate('db:2.0')})], []);
  expect(ofReplicaSet?.template).toEqual(template({image: 'web:2.0'}));
  expect(ofControllerRevision?.template).toEqual(dbTemplate('db:2.0'));
});

test("a StatefulSet's current revision is the one it updates to, and its pods are counted by revision", () => {
  const objects = [
    controllerRevision(db, {name: 'db-1', revision: 1, template: dbTemplate('db:1.0')}),
    controllerRevision(db, {name: 'db-2', revision: 2, template: dbTemplate('db:2.0')}),
  ];
  const pods = [
    pod({name: 'db-0', owner: db, hash: 'db-1'}),
    pod({name: 'db-1', owner: db, hash: 'db-1'}),
    pod({name: 'db-2', owner: db, hash: 'db-2'}),
  ];
  expect(summary(revisionsOf(db, objects, pods))).toEqual(['1: 2 pods', '2: 1 pods, current']);
});

test('a StatefulSet that its controller has not looked at yet is told by its template, not by its status', () => {
  const behind = statefulSet({generation: 2, observedGeneration: 1, updateRevision: 'db-1', image: 'db:2.0'});
  const old = controllerRevision(behind, {name: 'db-1', revision: 1, template: dbTemplate('db:1.0')});
  expect(summary(revisionsOf(behind, [old], []))).toEqual(['1: 0 pods']);
  const made = controllerRevision(behind, {name: 'db-2', revision: 2, template: dbTemplate('db:2.0')});
  expect(summary(revisionsOf(behind, [old, made], []))).toEqual(['1: 0 pods', '2: 0 pods, current']);
});

test("a DaemonSet's current revision is told by its template, its pods by the hash on them", () => {
  const labelled = (name: string, hash: string, revision: number, image: string) => {
    const object = controllerRevision(agent, {name, revision, template: agentTemplate(image)});
    return {...object, metadata: {...object.metadata, labels: {'controller-revision-hash': hash}}};
  };
  const objects = [labelled('agent-b', 'b', 2, 'agent:2.0'), labelled('agent-a', 'a', 1, 'agent:1.0')];
  const pods = [pod({name: 'agent-x', owner: agent, hash: 'a'}), pod({name: 'agent-y', owner: agent, hash: 'b'})];
  expect(summary(revisionsOf(agent, objects, pods))).toEqual(['1: 1 pods', '2: 1 pods, current']);
});

test('where an older controller wrote other defaults, the revision made last is the current one', () => {
  const object = controllerRevision(agent, {revision: 1, template: agentTemplate('agent:2.0')});
  const withDefaults = daemonSet({
    template: {
      ...agentTemplate('agent:2.0'),
      spec: {...agentTemplate('agent:2.0').spec, dnsPolicy: 'ClusterFirst', containers: []},
    },
  });
  expect(revisionsOf(withDefaults, [object], [])[0]?.current).toBe(true);
});
