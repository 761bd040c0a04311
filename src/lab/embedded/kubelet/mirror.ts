import {existsSync, readFileSync} from 'node:fs';
import {Agent, request} from 'node:https';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {V1Node, V1PodList} from '@kubernetes/client-node';
import {type Json, parseObject} from '../../../kube/json.ts';
import {credentialsOf} from '../kubeconfig.ts';
import type {Host} from './host.ts';
import {mirrorWrites, type RunningPod} from './mirror-pod.ts';

/** Milliseconds. */
const LOOK = 200;
const RETRY = 500;
const CHECK = 3_000;
const TIMEOUT = 5_000;

/** Shows a node's static pods in the API, whenever its API server answers. */
export class Mirror {
  private readonly host: Host;
  private readonly agent: Agent;
  private readonly server: string;
  private readonly running: () => readonly RunningPod[];
  private isStale = true;
  private trouble = '';

  /** `kubeconfig`: the node's, as text; `running` tells what there is to show. */
  constructor(host: Host, kubeconfig: string, running: () => readonly RunningPod[]) {
    const {servers, ...tls} = credentialsOf(kubeconfig);
    this.host = host;
    this.server = servers[0] ?? '';
    this.agent = new Agent({...tls, keepAlive: true, maxSockets: 2});
    this.running = running;
  }

  /** What was shown is not true any more. */
  changed(): void {
    this.isStale = true;
  }

  /** Never ends. */
  async run(): Promise<void> {
    for (let checkedAt = 0; ; ) {
      const isDue = this.isStale || Date.now() - checkedAt >= CHECK;
      if (isDue && (await this.show())) checkedAt = Date.now();
      await sleep(this.isStale ? RETRY : LOOK);
    }
  }

  /** Whether it could; says once why it could not. */
  private async show(): Promise<boolean> {
    this.isStale = false;
    try {
      const {name, uid} = await this.node();
      for (let pass = 0; pass < 2; pass++) {
        const path = `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${name}`)}`;
        const {items} = (await this.send('GET', path)) as Json<V1PodList>;
        const writes = mirrorWrites(this.running(), items, {name, uid}, Date.now());
        for (const {method, path, body} of writes) await this.send(method, path, body);
        if (!writes.some(({method}) => method === 'POST')) break; // else their status is next
      }
      if (this.trouble !== '') this.host.log('mirror pods are up to date');
      this.trouble = '';
      return true;
    } catch (error) {
      const trouble = error instanceof Error ? error.message : String(error);
      if (trouble !== this.trouble) this.host.log(`mirror pods cannot be kept up to date now: ${trouble}`);
      this.trouble = trouble;
      this.isStale = true;
      return false;
    }
  }

  private async node(): Promise<{name: string; uid: string}> {
    const {metadata} = (await this.send('GET', `/api/v1/nodes/${this.host.node}`)) as Json<V1Node>;
    return {name: this.host.node, uid: metadata?.uid ?? ''};
  }

  private async send(method: string, path: string, body?: object): Promise<unknown> {
    const {statusCode, text} = await this.ask(method, path, body);
    if (statusCode < 300) return JSON.parse(text);
    if (method === 'DELETE' && (statusCode === 404 || statusCode === 409)) return undefined; // gone, or another by now
    throw new Error(`${method} ${path} was answered ${statusCode}: ${messageOf(text)}`);
  }

  private ask(method: string, path: string, body: object | undefined): Promise<{statusCode: number; text: string}> {
    const content = body === undefined ? '' : JSON.stringify(body);
    const headers = {
      'content-length': Buffer.byteLength(content), // of a DELETE Node would not send it
      accept: 'application/json',
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      'user-agent': 'kubelet',
    };
    const signal = AbortSignal.timeout(TIMEOUT);
    return new Promise((resolve, reject) => {
      const asked = request(this.server + path, {method, agent: this.agent, headers, signal}, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve({statusCode: response.statusCode ?? 0, text: Buffer.concat(chunks).toString()}));
      });
      asked.on('error', reject);
      asked.end(content);
    });
  }
}

function messageOf(body: string): string {
  const status = parseObject(body) as {message?: string} | undefined;
  return (status?.message ?? body.trim()).slice(0, 500);
}

/** The kubeconfig of a node's kubelet; labs that an older kops made have that of the administrator alone. */
export function kubeletConfig({lab, node}: Host): string | undefined {
  const files = ['kubelet.conf', 'admin.conf'].map((file) => join(lab.node(node), 'etc/kubernetes', file));
  const file = files.find(existsSync);
  return file && readFileSync(file, 'utf8');
}
