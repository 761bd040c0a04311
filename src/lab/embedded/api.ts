import {Agent, request} from 'undici';
import {credentialsOf} from './kubeconfig.ts';

export interface Answer {
  /** 0: nobody answered. */
  readonly status: number;
  readonly body: string;
}

/** The API servers of a lab, before there is a cluster to connect to as a user would: an answer that fails is an answer here. */
export class LabApi implements AsyncDisposable {
  readonly servers: readonly string[];
  private readonly agent: Agent;

  /** `kubeconfig`: the lab's own, YAML. */
  constructor(kubeconfig: string) {
    const {servers, ...connect} = credentialsOf(kubeconfig);
    this.servers = servers;
    this.agent = new Agent({connections: 16, connect});
  }

  get(path: string, signal: AbortSignal, server = this.servers[0] ?? ''): Promise<Answer> {
    return this.send('GET', server + path, undefined, signal);
  }
  post(path: string, object: unknown, signal: AbortSignal): Promise<Answer> {
    return this.send('POST', (this.servers[0] ?? '') + path, JSON.stringify(object), signal);
  }
  delete(path: string, signal: AbortSignal): Promise<Answer> {
    return this.send('DELETE', (this.servers[0] ?? '') + path, undefined, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent.destroy();
  }

  private async send(
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<Answer> {
    try {
      const response = await request(url, {
        method,
        dispatcher: this.agent,
        signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
        headers: {'content-type': 'application/json', accept: 'application/json'},
        ...(body !== undefined && {body}),
      });
      return {status: response.statusCode, body: await response.body.text()};
    } catch {
      signal.throwIfAborted();
      return {status: 0, body: ''};
    }
  }
}
