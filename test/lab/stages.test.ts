import {globSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';
import {readStages} from '../../src/lab/embedded/stages.ts';
import {FAULTS, fault, pace} from '../support/faults.ts';

interface StageObject {
  kind: string;
  metadata?: {name: string};
  spec?: {resourceRef?: {kind: string}; selector?: {matchExpressions: unknown[]}};
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const stages = readStages(`${root}/src/lab/stages`);
const objects = stages.split('\n---\n').map((text) => JSON.parse(text) as StageObject);
const prepare = readFileSync(`${root}/src/lab/stages/fault-prepare.yaml`, 'utf8');

test('KWOK gets one document per stage, each under its own name, and no list', () => {
  const names = objects.map(({kind, metadata}) => `${kind}/${metadata?.name}`);
  expect(new Set(objects.map(({kind}) => kind))).toEqual(new Set(['Stage', 'ClusterLogs', 'KwokConfiguration']));
  expect(new Set(names).size).toBe(names.length);
});

test('no stage of pods is for mirror pods: the kubelet that runs them tells how they are', () => {
  const ofPods = objects.filter(({kind, spec}) => kind === 'Stage' && spec?.resourceRef?.kind === 'Pod');
  expect(ofPods.length).toBeGreaterThan(10);
  for (const {spec} of ofPods) {
    expect(spec?.selector?.matchExpressions).toContainEqual({
      key: '.metadata.annotations["kubernetes.io/config.mirror"]',
      operator: 'DoesNotExist',
    });
  }
});

test('paths of log files are absolute', () => {
  expect(objects.find(({kind}) => kind === 'ClusterLogs')).toMatchObject({
    spec: {
      logs: [{logsFile: `${root}src/lab/stages/logs/current.log`, previousLogsFile: `${root}src/lab/stages/logs/previous.log`}],
    },
  });
});

test('the faults that tests can ask for are those that have a message, and the two that need none', () => {
  const messages = /\$messages := dict(.*?)\}\}/s.exec(prepare)?.[1] ?? '';
  const named = [...messages.matchAll(/^\s*"([a-z-]+)"/gm)].map(([, name]) => name);
  expect([...named, 'crash-loop', 'oom-killed'].sort()).toEqual(FAULTS.toSorted());
});

test('the annotations that tests can set are those that the stages read, apart from their own notes', () => {
  const options = {container: 'web', message: 'no', exitCode: 3, seconds: 1, backoff: 1, run: 1};
  const settable = Object.keys({...fault('crash-loop', options), ...pace({ready: 1, run: 1, stop: 1})});
  const notes = ['attempt', 'fault-field', 'fault-image'].map((name) => `lab.kops.dev/${name}`);
  expect(new Set(stages.match(/lab\.kops\.dev\/[a-z-]+/g))).toEqual(new Set([...settable, ...notes]));
});

test('no code of kops knows the annotations: diagnosis sees what it would see on a real cluster', () => {
  const sources = globSync(['src/**/*.ts', 'commands/**/*.ts'], {cwd: root});
  expect(sources.length).toBeGreaterThan(50);
  expect(sources.filter((file) => readFileSync(`${root}/${file}`, 'utf8').includes('lab.kops.dev'))).toEqual([]);
});
