/** Something wrong with a manifest, and how to mend it. No word of it quotes a value. */
export interface Finding {
  readonly rule: Rule;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** `secret/db`; null where it is not about one. */
  readonly object: string | null;
  readonly message: string;
  readonly fix: string;
}

export type Rule =
  | 'certificate-expired'
  | 'certificate-not-yet-valid'
  | 'encoded-twice'
  | 'invalid-base64'
  | 'invalid-json'
  | 'invalid-key'
  | 'invalid-yaml'
  | 'key-mismatch'
  | 'missing-key'
  | 'not-a-string'
  | 'placeholder'
  | 'plaintext-in-data'
  | 'tab-indentation'
  | 'too-large'
  | 'tracked-by-git'
  | 'trailing-newline'
  | 'unknown-key'
  | 'value-from-without-ref'
  | 'wrong-content'
  | 'wrong-kind';

/** What a rule says, before it is known where. */
export interface Verdict {
  readonly rule: Rule;
  readonly message: string;
  readonly fix: string;
  /** The key that it is about, where it is about one. */
  readonly key?: string | undefined;
}
