import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {describePod} from '../../src/pods/containers.ts';
import {assess} from '../../src/rollout/assess.ts';
import {diagnose, logRequests} from '../../src/rollout/diagnose.ts';
import type {Situation} from '../../src/rollout/situation.ts';
import type {Workload} from '../../src/rollout/workload.ts';
import {
  controllerRevision,
  daemonSet,
  deployment,
  event,
  NOW,
  pod,
  replicaSet,
  situation,
  statefulSet,
} from '../support/builders.ts';
import {readSources} from '../support/imports.ts';
import {recordings} from '../support/recordings.ts';

const recorded = [...recordings('kubelet')].flatMap(
  ([name, {pod: one, pods = one ? [one] : [], deployment: web, replicaset, events, now}]) =>
    web === undefined || replicaset === undefined
      ? []
      : [
          {
            name,
            now,
            situation: situation({...web, kind: 'Deployment'}, {revisions: [replicaset], pods: [...pods], events: [...events]}),
          },
        ],
);

describe('objects may lack any field', () => {
  const sets = [
    statefulSet({updated: 1}),
    daemonSet({updated: 1, updateStrategy: {type: 'OnDelete'}}),
    deployment({paused: true, updated: 1}),
  ].map((set) => {
    const broken = pod({
      owner: set,
      name: `${set.metadata?.name}-2`,
      containers: [{waiting: {reason: 'CrashLoopBackOff'}, restarts: 3, last: {exitCode: 1}}],
    });
    const owned =
      set.kind === 'Deployment'
        ? [replicaSet(), replicaSet({hash: 'x'})]
        : [controllerRevision(set), controllerRevision(set, {name: `${set.metadata?.name}-2`})];
    return situation(set, {
      revisions: owned,
      pods: [pod({owner: set, name: `${set.metadata?.name}-0`}), broken],
      events: [event(set, {reason: 'FailedCreate', message: 'x'})],
    });
  });
  const whole = [...recorded.map((r) => r.situation), ...sets];

  test('and all is judged without throwing', () => {
    const part = fc
      .constantFrom(...whole)
      .chain((at) =>
        fc.tuple(
          without(at.workload),
          fc.tuple(...at.pods.map(without)),
          fc.tuple(...at.events.slice(-8).map(without)),
          fc.tuple(...at.revisions.map(({object}) => without(object))),
          fc.constant(at),
        ),
      );
    fc.assert(
      fc.property(part, ([workload, pods, events, objects, at]) => {
        const partial: Situation = {
          workload: {...workload, kind: at.workload.kind} as Workload,
          pods,
          events,
          revisions: at.revisions.map((revision, i) => ({...revision, object: objects[i] ?? revision.object})),
        };
        const causes = diagnose(partial, NOW);
        expect(assess(partial, NOW).message).toBeTypeOf('string');
        expect(logRequests(causes, partial).length).toBeLessThanOrEqual(3);
        for (const one of pods) expect(describePod(one, NOW, events).state).toBeTypeOf('string');
        for (const {message, hint} of causes) expect(`${message}${hint}`).not.toMatch(/\bNaN\b|\[object/);
      }),
      {numRuns: 400},
    );
  });
});

describe("diagnosis reads nothing of the lab's own", () => {
  test.each(recorded)('$name: the same with annotations and labels of the lab as without', ({situation: at, now}) => {
    const marked = (object: object) => {
      const {metadata, ...rest} = object as {metadata?: Record<string, Record<string, string>>};
      const misleading = {'lab.kops.dev/fault': 'crash-loop', 'lab.kops.dev/message': 'a lie'};
      return {
        ...rest,
        metadata: {
          ...metadata,
          annotations: {...metadata?.annotations, ...misleading},
          labels: {...metadata?.labels, ...misleading},
        },
      };
    };
    const lying = {
      ...at,
      workload: marked(at.workload),
      pods: at.pods.map(marked),
      revisions: at.revisions.map((r) => ({...r, object: marked(r.object)})),
    } as unknown as Situation;
    expect(diagnose(lying, now)).toEqual(diagnose(at, now));
  });

  test('and does not even know its names', () => {
    const sources = readSources(['src/pods', 'src/rollout']);
    expect(sources.length).toBeGreaterThan(20);
    for (const {path, text, imports} of sources) {
      expect(text, path).not.toMatch(/lab\.kops|kwok/i);
      expect(imports.filter(({to}) => to.includes('lab/'))).toEqual([]);
    }
  });
});

test('a thousand failing pods are read a few times each, not each for every other', () => {
  const set = replicaSet({replicas: 1000});
  let reads = 0;
  const read = <T>(value: T): T => {
    reads += 1;
    return value;
  };
  const pods = Array.from({length: 1000}, (_, i) =>
    pod({owner: set, name: `web-${i}`, containers: [{waiting: {reason: 'ErrImagePull', message: 'dial tcp: i/o timeout'}}]}),
  );
  const events = pods.flatMap((one) =>
    ['Pulling', 'Failed', 'BackOff'].map((reason) => {
      const written = event(one, {reason, message: 'Failed to pull image "web:2.0": dial tcp: i/o timeout', count: 3});
      const {involvedObject} = written;
      return Object.defineProperty(written, 'involvedObject', {get: () => read(involvedObject)});
    }),
  );
  const at = situation(deployment({desired: 1000}), {revisions: [set], pods, events});
  expect(diagnose(at, NOW)).toMatchObject([{reason: 'RegistryUnreachable', pods: 1000, doomed: true}]);
  expect(reads).toBeLessThan(12 * events.length);
});

describe('what is proposed can be typed', () => {
  const KOPS = /^kops (?:rollout (?:undo|resume|diff|status) (?:deploy|sts|ds)\/\S+ -n \S+|secret decode \S+ -n \S+)$/;
  const KUBECTL = /^kubectl (?:get|describe|logs|create|delete|patch|uncordon) \S/;
  test.each(recorded)('$name', ({situation: at, now}) => {
    const commands = diagnose(at, now).flatMap(({hint}) => hint?.match(/(?:kops|kubectl) .*?(?=, or go back|$)/g) ?? []);
    for (const command of commands) expect(command).toMatch(command.startsWith('kops') ? KOPS : KUBECTL);
  });
});

/** The object with some of its fields, at any depth, left out. */
function without<T extends object>(object: T): fc.Arbitrary<T> {
  const paths = pathsOf(object);
  return fc.subarray(paths, {maxLength: Math.min(12, paths.length)}).map((left) => {
    const copy = structuredClone(object);
    for (const path of left) remove(copy, path);
    return copy;
  });
}
type Path = readonly string[];
const pathsOf = (value: unknown, path: Path = []): Path[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([key, inner]) => [
        ...(Array.isArray(value) ? [] : [[...path, key]]),
        ...pathsOf(inner, [...path, key]),
      ]);

function remove(object: object, path: Path): void {
  const parent = path.slice(0, -1).reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
  const key = path.at(-1);
  if (typeof parent === 'object' && parent !== null && key !== undefined) delete (parent as Record<string, unknown>)[key];
}
