import {sha256} from '../../src/nodes/files.ts';
import type {GuardPlan, Swap} from '../../src/nodes/guard/guard.ts';
import {playNode} from './played-node.ts';

export const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
export const CONFIGURATION = '/etc/kubernetes/enc/encryption.yaml';
export const RETIRED = '/etc/kubernetes/retired';

/** A node with a manifest and a file that is to go; the change also makes a file, in a folder that is not there. */
export function plannedChange(options: Parameters<typeof playNode>[0] = {}) {
  const played = playNode(options);
  played.write(MANIFEST, 'old manifest\n', '640');
  played.write(RETIRED, 'old key');
  const before = played.files();
  const after = [`${CONFIGURATION} 600 new key\n`, `${MANIFEST} 644 new manifest\n`];
  const swaps: Swap[] = [
    {path: CONFIGURATION, expect: 'absent', content: Buffer.from('new key\n'), mode: '600'},
    {path: MANIFEST, expect: sha256(Buffer.from('old manifest\n')), content: Buffer.from('new manifest\n'), mode: '644'},
    {path: RETIRED, expect: sha256(Buffer.from('old key')), content: 'absent', mode: '600'},
  ];
  const plan = (confirmWithin: number, id = 'one'): GuardPlan => ({id, swaps, confirmWithin});
  return {...played, before, after, swaps, plan};
}
