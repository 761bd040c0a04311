import type {Access} from '../access/find-access.ts';
import type {ExecEntry} from '../access/kubeconfig.ts';
import {parseObject} from '../json.ts';
import {type Certificate, noCredentials} from './credential.ts';

const VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
/** The cluster's extension that is meant for plugins. */
const EXTENSION = 'client.authentication.k8s.io/exec';

/** What a plugin answered. */
export interface PluginCredential {
  readonly token: string | undefined;
  readonly certificate: Certificate | undefined;
  /** Epoch milliseconds; undefined for as long as the command runs. */
  readonly expiresAt: number | undefined;
}

/** The JSON that a plugin finds in KUBERNETES_EXEC_INFO. `ca`: PEM. */
export function execInfo(
  {apiVersion, provideClusterInfo}: ExecEntry,
  {cluster, server}: Pick<Access, 'cluster' | 'server'>,
  {interactive, ca}: {readonly interactive: boolean; readonly ca: string | undefined},
): string {
  const {'tls-server-name': serverName, 'insecure-skip-tls-verify': insecure, 'proxy-url': proxy, extensions = []} = cluster;
  const config = extensions.find(({name}) => name === EXTENSION)?.extension;
  const about = {
    server: server.href.replace(/\/$/, ''),
    ...(serverName && {'tls-server-name': serverName}),
    ...(insecure && {'insecure-skip-tls-verify': true}),
    ...(ca !== undefined && {'certificate-authority-data': Buffer.from(ca).toString('base64')}),
    ...(proxy && {'proxy-url': proxy}),
    ...(config !== undefined && {config}),
  };
  return JSON.stringify({kind: 'ExecCredential', apiVersion, spec: {interactive, ...(provideClusterInfo && {cluster: about})}});
}

/** Reads what a plugin printed. What it printed never reaches a Problem: it holds the credential. */
export function parseExecCredential(output: string, {apiVersion, command}: ExecEntry, context: string): PluginCredential {
  const fail = (why: string) =>
    noCredentials(context, {
      why: `the plugin ${command} ${why}`,
      next: 'run the plugin by hand to see what it prints; its command is in the kubeconfig under users',
      passing: true,
    });
  const answer = asRecord(parseObject(output));
  if (answer === undefined) throw fail('printed no JSON object');
  if (answer.kind !== 'ExecCredential') throw fail('printed JSON that is not an ExecCredential');
  if (answer.apiVersion !== apiVersion)
    throw fail(`answered in ${String(answer.apiVersion)} where the kubeconfig asks for ${apiVersion}`);

  const {token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp} = asRecord(answer.status) ?? {};
  const hasToken = typeof token === 'string' && token !== '';
  const hasCertificate = typeof cert === 'string' && cert !== '' && typeof key === 'string' && key !== '';
  if (!hasToken && !hasCertificate) throw fail('gave neither a token nor a certificate with its key');
  const expiresAt = typeof expirationTimestamp === 'string' ? Date.parse(expirationTimestamp) : Number.NaN;
  return {
    token: hasToken ? token : undefined,
    certificate: hasCertificate ? {cert, key} : undefined,
    expiresAt: Number.isNaN(expiresAt) ? undefined : expiresAt,
  };
}

/** Throws where the kubeconfig names no plugin, or one of a version that kops does not speak. */
export function checkPlugin({apiVersion = '', command}: ExecEntry, context: string): void {
  if (typeof command !== 'string' || command === '') {
    throw noCredentials(context, {
      why: 'they come from a plugin, and the kubeconfig does not name its command',
      next: 'fetch the kubeconfig again',
      passing: false,
    });
  }
  if (VERSIONS.includes(apiVersion)) return;
  throw noCredentials(context, {
    why: `the plugin ${command} is configured for ${apiVersion || 'no apiVersion'}; kops and kubectl speak ${VERSIONS.join(' and ')}`,
    next: 'update the plugin and fetch the kubeconfig again',
    passing: false,
  });
}

const asRecord = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
