import {counted} from '../text/plural.ts';

/** Something that is wrong with one pod, as its kubelet, the scheduler or a controller says. */
export interface Trouble {
  /** A CamelCase word to match on. */
  readonly reason: string;
  readonly container?: string | undefined;
  /** One line. The same for all pods that have the same trouble: no pod's name, address or count in it. */
  readonly message: string;
  /** Whether it will not go away by itself. */
  readonly doomed: boolean;
  /** RFC 3339. */
  readonly since: string | undefined;
  /** How often it happened; the unit is what a reader counts. */
  readonly tally?: Tally | undefined;
  /** What the container left as its last words (`terminationMessagePath`). */
  readonly said?: string | undefined;
  readonly missing?: Missing | undefined;
  /** What to do: a sentence, a command behind it where there is one. */
  readonly fix: string | undefined;
  /** Whether the pod template brought it, so that an earlier one may not have it. */
  readonly ofTemplate: boolean;
}

/** What a pod needs and its namespace did not have: an object, or a key of one. */
export interface Missing {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  readonly key?: string;
}

/** Milliseconds after which a trouble is not by chance: what is made in the same `kubectl apply`, or by an operator, may come a moment later. */
export const SETTLED_MS = 2500;

export interface Tally {
  readonly count: number;
  readonly unit: 'times' | 'restarts';
}

/** `, 4 restarts` or ` (3×)`; nothing for a single time. */
export function tallyWords(tally: Tally | undefined): string {
  if (tally === undefined || tally.count === 0) return '';
  if (tally.unit === 'restarts') return `, ${counted(tally.count, 'restart')}`;
  return tally.count > 1 ? ` (${tally.count}×)` : '';
}
