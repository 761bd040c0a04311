import {apiFailure, type Place, type Target} from './api-failure.ts';
import type {ApiProblem} from './errors.ts';
import type {RawRequest, Requester} from './request.ts';

export interface ApiResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** One API server, asked directly: for paths that are no objects, for bodies that must stay as they are, for a server of one's choice. */
export interface Api extends Place {
  /**
   * Resolves with whatever the server answers, a refusal too. The credentials are the kubeconfig's, new ones are fetched on 401, and 429 and
   * `--request-timeout` count as everywhere. Rejects with a Problem only where there was no answer.
   */
  send(request: RawRequest, signal: AbortSignal): Promise<ApiResponse>;
}

export type {RawRequest};

export const createApi = ({place, send}: Pick<Requester, 'place' | 'send'>): Api => ({
  context: place.context,
  server: place.server,
  proxy: place.proxy,
  as: place.as,
  send,
});

/** The Problem that an answer other than 2xx makes, in the words of what was asked. */
export const refusalOf = ({status, body}: ApiResponse, target: Target, api: Api): ApiProblem =>
  apiFailure(status, body, target, api);
