import type {LabStatus} from './driver.ts';

export interface LabList {
  readonly kind: 'LabList';
  readonly labs: readonly LabStatus[];
}

export interface LabUp extends LabStatus {
  readonly outcome: 'created' | 'restarted' | 'unchanged';
  /** The kubeconfig file that now has the lab's contexts; absent where none was to be changed. */
  readonly kubeconfig?: string;
  /** The context that was current there before. */
  readonly contextBefore?: string;
}

export interface LabRemoval {
  readonly kind: 'LabRemoval';
  readonly name: string;
  /** False where there was no such lab. */
  readonly removed: boolean;
  /** The kubeconfig files that had its contexts. */
  readonly kubeconfigs: readonly string[];
}
