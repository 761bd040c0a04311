import {listFiles, readFile} from '../nodes/files.ts';
import {namesIn} from './configuration/coverage.ts';
import {parseConfiguration} from './configuration/parse.ts';
import type {ControlPlane} from './control-plane.ts';
import {type AuditedResource, audit} from './stored/audit.ts';
import type {Observed} from './transaction/prepare.ts';
import {ARCHIVE_FOLDER} from './transaction/record.ts';

/** Every name that a key ever had here, as far as this cluster still knows: in the configuration, in the archives, in front of values. */
export async function usedNames(
  plane: ControlPlane,
  {servers, base}: Observed,
  resources: readonly AuditedResource[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const used = new Set(base === undefined ? [] : namesIn(base));
  for (const {name, node} of servers) {
    for (const file of await listFiles(node, ARCHIVE_FOLDER, signal)) {
      const path = `${ARCHIVE_FOLDER}/${file}`;
      const content = await readFile(node, path, signal);
      if (content)
        for (const key of namesIn(parseConfiguration(content.content.toString('utf8'), `${path} on ${name}`))) used.add(key);
    }
  }
  const {resources: audits} = await audit(plane.etcd, resources, {readers: []}, signal);
  for (const {byKey} of audits) {
    for (const prefix of Object.keys(byKey)) {
      const name = /^k8s:enc:[^:]+:[^:]+:([^:]+):$/.exec(prefix)?.[1];
      if (name !== undefined) used.add(name);
    }
  }
  return used;
}
