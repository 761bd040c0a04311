import {resources} from '../src/kube/resources.ts';
import {type Api, pathTo} from '../test/support/api.ts';

export interface DeploymentStatus {
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
}

/** A bare watch of the Deployments of one namespace. */
export interface Watch {
  /** Calls back at every change of the Deployment; returns what ends that. */
  on(name: string, changed: (status: DeploymentStatus) => void): () => void;
  /** Resolves at once where the last status seen is so. */
  until(name: string, isSo: (status: DeploymentStatus) => boolean): Promise<void>;
  stop(): void;
}

export function watchDeployments(api: Api, namespace: string): Watch {
  const last = new Map<string, DeploymentStatus>();
  const listeners = new Set<(name: string, status: DeploymentStatus) => void>();
  const stop = api.stream(`${pathTo(resources.deployments, namespace)}?watch=1`, (line) => {
    const {object} = JSON.parse(line) as {object: {metadata: {name: string}; status?: DeploymentStatus}};
    const {name} = object.metadata;
    last.set(name, object.status ?? {});
    for (const listener of listeners) listener(name, object.status ?? {});
  });
  const on: Watch['on'] = (wanted, changed) => {
    const listener = (name: string, status: DeploymentStatus) => void (name === wanted && changed(status));
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return {
    on,
    until: (name, isSo) =>
      new Promise((resolve) => {
        if (isSo(last.get(name) ?? {})) return resolve();
        const off = on(name, (status) => {
          if (!isSo(status)) return;
          off();
          resolve();
        });
      }),
    stop,
  };
}
