import {setFlagsFromString} from 'node:v8';

/**
 * Nearly all that a watch, or a list of a whole cluster, reads is garbage a moment later, and V8 gives garbage more and more room: 200 MB in all over a rollout of 1,000
 * pods of which 20 MB are in use, where it makes do with 130.
 */
export function keepMemoryFlat(): void {
  for (const flag of ['--optimize-for-size', '--semi-space-growth-factor=1']) setFlagsFromString(flag);
}
