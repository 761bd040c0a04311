import {ConnectionProblem} from '../errors.ts';

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
  hint(credential: Credential): Promise<string>;
}

export const bearer = (token: string): Record<string, string> => ({authorization: `Bearer ${token}`});

/** There is nothing to send a request with. `passing`: whether asking again may help. */
export const noCredentials = (context: string, details: ConstructorParameters<typeof ConnectionProblem>[1]): ConnectionProblem =>
  new ConnectionProblem(`the credentials of context ${context} cannot be had`, details);

/** See `explainRefusal`; what that needs is loaded only here. */
export async function explainNow(refused: Credential): Promise<string> {
  const {explainRefusal} = await import('./refusal.ts');
  return explainRefusal(refused, Date.now());
}
