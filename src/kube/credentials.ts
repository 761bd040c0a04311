import type {Access} from './access.ts';
import {readReferenced} from './referenced.ts';

/** A client certificate and its key, PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** What a request is sent with. */
export interface Credential {
  readonly headers: Readonly<Record<string, string>>;
  readonly certificate?: Certificate | undefined;
}

/** Where credentials come from. They may change while a command runs: a token file is rewritten, a plugin's token expires. */
export interface Credentials {
  /** What to use now. Rejects with a Problem where none can be had. */
  current(signal: AbortSignal): Promise<Credential>;
  /** The API server answered 401: whether `current` may give another one now. */
  refused(credential: Credential): boolean;
  /** Why the API server may have refused it, for people. */
  hint(credential: Credential): string;
}

/** The credentials of a kubeconfig's user. */
export async function createCredentials({context, user}: Access): Promise<Credentials> {
  const owner = `the user of context ${context}`;
  const cert = await readReferenced(user, 'client-certificate', owner);
  const key = await readReferenced(user, 'client-key', owner);
  const certificate = cert !== undefined && key !== undefined ? {cert, key} : undefined;
  return fixedCredentials({headers: user.token ? {authorization: `Bearer ${user.token}`} : {}, certificate});
}

function fixedCredentials(credential: Credential): Credentials {
  return {
    current: async () => credential,
    refused: () => false,
    hint: () => 'they were refused',
  };
}
