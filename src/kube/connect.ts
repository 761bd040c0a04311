import type {Cluster} from './cluster.ts';

export interface ConnectOptions {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  readonly as?: string | undefined;
  readonly asGroups?: readonly string[] | undefined;
  /** A Go duration: `30s`, `2m`; `0` for none. */
  readonly requestTimeout?: string | undefined;
}

/** Reads the kubeconfig as kubectl does and makes a connection of it; no request is sent yet. */
export async function connect(_options: ConnectOptions): Promise<Cluster> {
  throw new Error('under construction');
}
