import {type WorkloadRef, workloadKinds} from '../../rollout/workload.ts';
import type {Use, User} from '../usage/user.ts';

/** Those that take one of these keys now; what old revisions took is nobody's concern. */
export const affectedBy = (uses: readonly Use[], keys: readonly string[]): User[] =>
  uses.flatMap(({user}) => (user.revision === null && (user.key === null || keys.includes(user.key)) ? [user] : []));

/** Ways by which containers have a value from their start on. Pull secrets and drivers' are asked for only when a pod starts. */
const HELD: readonly User['via'][] = ['env', 'envFrom', 'volume', 'projected'];

/** The workloads whose pods keep the old values until they are replaced; each once. */
export function needsRestart(users: readonly User[]): WorkloadRef[] {
  const held = users.filter(({via, updates}) => updates !== 'live' && HELD.includes(via));
  const refs = held.flatMap(({workload: {kind, namespace, name}}) => (kind in workloadKinds ? [{kind, namespace, name}] : []));
  return [...new Map(refs.map((ref) => [`${ref.kind}/${ref.name}`, ref as WorkloadRef])).values()];
}
