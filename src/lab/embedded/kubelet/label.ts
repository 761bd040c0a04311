/** What a container's process carries in its environment, so that a kubelet that comes later knows which one it is. */
export interface Label {
  readonly uid: string;
  /** Namespace and name of its pod. */
  readonly pod: string;
  readonly container: string;
  readonly restarts: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

export const toText = ({uid, pod, container, restarts, startedAt}: Label): string =>
  [uid, pod, container, restarts, startedAt].join('\t');

/** Undefined of a process that a kubelet has not started. */
export function parseLabel(text: string | undefined): Label | undefined {
  const [uid = '', pod = '', container = '', restarts, startedAt] = text?.split('\t') ?? [];
  return uid === '' ? undefined : {uid, pod, container, restarts: Number(restarts), startedAt: Number(startedAt)};
}
