/** Something that a change does not see to, and that the user should. */
export interface Warning {
  /** A CamelCase word to match on. */
  readonly reason: string;
  /** What it is about: `configmap/web-config`; absent where it is about the workload. */
  readonly object?: string;
  readonly message: string;
  /** What to do about it: a sentence or a command. */
  readonly hint?: string;
  /** RFC 3339: when it came about, where that is known. */
  readonly at?: string;
}
