import {randomBytes} from 'node:crypto';
import type {Api} from '../../kube/api.ts';
import {parseObject} from '../../kube/json.ts';
import {ExitCode, Problem} from '../../problem.ts';
import type {ControlPlane} from '../control-plane.ts';
import {envelopeOf} from '../stored/envelope.ts';
import type {Server} from './servers.ts';

const SECRETS = '/api/v1/namespaces/kube-system/secrets';

/**
 * Writes a Secret through each server, looks at it in etcd, and reads it back through every other server: only that shows that what one
 * server writes now all can read. Rejects with exit code 3 where not; leaves nothing behind.
 */
export async function tryCanary(
  plane: ControlPlane,
  servers: readonly Server[],
  writeKey: {readonly provider: string; readonly keyName: string | undefined},
  signal: AbortSignal,
): Promise<void> {
  for (const writer of servers) {
    const name = `kops-canary-${randomBytes(6).toString('hex')}`;
    const value = randomBytes(24).toString('base64');
    try {
      const body = Buffer.from(JSON.stringify({apiVersion: 'v1', kind: 'Secret', metadata: {name}, data: {canary: value}}));
      await send(writer.api, {method: 'POST', path: SECRETS, body}, writer.name, 201, signal);
      await checkStored(name, writer.name);
      for (const reader of servers) {
        const {body: answer} = await send(reader.api, {method: 'GET', path: `${SECRETS}/${name}`}, reader.name, 200, signal);
        const {data} = (parseObject(answer.toString('utf8')) ?? {}) as {data?: {canary?: string}};
        if (data?.canary !== value) throw lost(`${reader.name} reads another value than ${writer.name} wrote`);
      }
    } finally {
      await writer.api.send({method: 'DELETE', path: `${SECRETS}/${name}`}, AbortSignal.timeout(10_000)).catch(() => {}); // only if it was made; a server that is gone by now leaves a Secret that says what it is
    }
  }

  async function checkStored(name: string, writer: string): Promise<void> {
    const stored = await plane.etcd.get(`${plane.etcdPrefix}/secrets/kube-system/${name}`, signal);
    if (stored === undefined) throw lost(`what ${writer} wrote is not in this etcd`);
    const {provider, keyName} = envelopeOf(stored.value);
    if (provider === writeKey.provider.split(' ')[0] && keyName === writeKey.keyName) return; // `kms v2` is `kms` in etcd
    throw lost(`${writer} writes with ${nameOf(provider, keyName)}, not with ${nameOf(writeKey.provider, writeKey.keyName)}`);
  }
}

const nameOf = (provider: string, keyName: string | undefined): string =>
  keyName === undefined ? provider : `${provider}, key ${keyName}`;

async function send(
  api: Api,
  request: {method: 'GET' | 'POST'; path: string; body?: Buffer},
  server: string,
  expected: number,
  signal: AbortSignal,
) {
  const response = await api.send({...request, ...(request.body && {contentType: 'application/json'})}, signal);
  if (response.status === expected) return response;
  throw lost(`${server} answered ${response.status} to ${request.method} ${SECRETS}`);
}

const lost = (why: string): Problem =>
  new Problem('the canary did not come back', {
    why,
    next: 'kops encrypt-at-rest status tells which servers disagree',
    exitCode: ExitCode.negative,
  });
