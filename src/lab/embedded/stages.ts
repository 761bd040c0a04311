import {readdirSync, readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {parseAllDocuments} from 'yaml';
import type {KubeObject} from '../../kube/json.ts';

interface Stage extends KubeObject {
  spec: {resourceRef: {kind: string}; selector: {matchExpressions: {key: string; operator: string}[]}};
}

interface ClusterLogs extends KubeObject {
  spec: {logs: {logsFile: string; previousLogsFile: string}[]};
}

/**
 * The configuration of KWOK in this folder of YAML files, as one stream of JSON documents. KWOK reads no `List`, which lets stages
 * share parts by YAML anchors, and no relative paths. Mirror pods are left out of all stages of pods.
 */
export function readStages(folder: string): string {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .flatMap((file) => parseAllDocuments(readFileSync(join(folder, file), 'utf8')))
    .map((document) => document.toJS() as KubeObject | {items: KubeObject[]})
    .flatMap((object) => ('items' in object ? object.items : [object]))
    .map((object) =>
      JSON.stringify(isLogs(object) ? withPaths(object, folder) : isOfPods(object) ? withoutMirrors(object) : object),
    )
    .join('\n---\n');
}

const isOfPods = (object: KubeObject): object is Stage =>
  object.kind === 'Stage' && (object as Stage).spec.resourceRef.kind === 'Pod';

/** A mirror pod has a kubelet of its own. */
const withoutMirrors = ({spec, ...object}: Stage): Stage => ({
  ...object,
  spec: {...spec, selector: {...spec.selector, matchExpressions: [...spec.selector.matchExpressions, NO_MIRROR]}},
});
const NO_MIRROR = {key: '.metadata.annotations["kubernetes.io/config.mirror"]', operator: 'DoesNotExist'};

const isLogs = (object: KubeObject): object is ClusterLogs => object.kind === 'ClusterLogs';

const withPaths = (object: ClusterLogs, folder: string): ClusterLogs => ({
  ...object,
  spec: {
    logs: object.spec.logs.map(({logsFile, previousLogsFile, ...rest}) => ({
      ...rest,
      logsFile: resolve(folder, logsFile),
      previousLogsFile: resolve(folder, previousLogsFile),
    })),
  },
});
