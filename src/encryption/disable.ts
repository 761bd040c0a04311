import {type ChangeOptions, observeForChange, type PreparedChange, prepareChange, requireEncryption} from './change.ts';
import {entriesOf} from './configuration/coverage.ts';
import type {ControlPlane} from './control-plane.ts';
import {expandResources} from './resources.ts';
import {BY_HAND, refuseElsewhere} from './stored/etcd-path.ts';
import {disableStages} from './transaction/stages.ts';

/** Decides the way back to plaintext. */
export async function prepareDisable(plane: ControlPlane, options: ChangeOptions, signal: AbortSignal): Promise<PreparedChange> {
  const observed = await observeForChange(plane, signal);
  // One that writes plaintext already is the rest of a change that ended before: keys that still read, and the flag.
  const base = observed.base ?? requireEncryption(observed, 'disabled');
  const resources = await expandResources(plane.cluster, entriesOf(base), signal);
  refuseElsewhere(resources, plane, BY_HAND);
  const change = {operation: 'disable', resources, stages: disableStages(base)} as const;
  return prepareChange(plane, observed, change, options, signal);
}
