import {globSync, readFileSync} from 'node:fs';
import {basename} from 'node:path';
import type {CoreV1Event, V1Deployment, V1Pod, V1ReplicaSet} from '@kubernetes/client-node';
import type {Json} from '../../src/kube/json.ts';

/** Objects of a real cluster at one moment. */
export interface Recording {
  readonly pod?: Json<V1Pod>;
  readonly pods?: readonly Json<V1Pod>[];
  readonly deployment?: Json<V1Deployment>;
  readonly replicaset?: Json<V1ReplicaSet>;
  readonly events: readonly Json<CoreV1Event>[];
  /** Just after the last event; epoch milliseconds. */
  readonly now: number;
}

/** Those of test/fixtures/FOLDER, by the file's name without `.json`. */
export function recordings(folder: string): ReadonlyMap<string, Recording> {
  const files = globSync(`test/fixtures/${folder}/*.json`);
  if (files.length === 0) throw new Error(`no recording in test/fixtures/${folder}`);
  return new Map(files.map((file) => [basename(file, '.json'), read(file)]));
}

function read(file: string): Recording {
  const recording = JSON.parse(readFileSync(file, 'utf8')) as Omit<Recording, 'now'>;
  return {...recording, now: Math.max(...recording.events.map(timeOf)) + 2000};
}

const timeOf = ({lastTimestamp, eventTime, metadata}: Json<CoreV1Event>): number =>
  Date.parse(lastTimestamp ?? eventTime ?? metadata?.creationTimestamp ?? '') || 0;
