import {parse, stringify} from 'yaml';
import type {Certificate} from './certificates.ts';

export interface KubeconfigEntry {
  readonly context: string;
  readonly user: string;
  readonly server: string;
}

/** A kubeconfig of one user's certificate with a context per server, the first one current. */
export function kubeconfigFor(entries: readonly KubeconfigEntry[], authority: string, {certificate, key}: Certificate): string {
  const users = new Set(entries.map((entry) => entry.user));
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: entries.map(({context, server}) => ({
        name: context,
        cluster: {'certificate-authority-data': base64(authority), server},
      })),
      contexts: entries.map(({context, user}) => ({name: context, context: {cluster: context, user}})),
      'current-context': entries[0]?.context ?? '',
      preferences: {},
      users: [...users].map((name) => ({
        name,
        user: {'client-certificate-data': base64(certificate), 'client-key-data': base64(key)},
      })),
    },
    {lineWidth: 0},
  );
}

interface Kubeconfig {
  clusters: {cluster: {server: string; 'certificate-authority-data': string}}[];
  users: {user: {'client-certificate-data': string; 'client-key-data': string}}[];
}

/** The servers of such a kubeconfig and how to log in to them; PEM, as `tls.connect` takes it. */
export function credentialsOf(kubeconfig: string): {servers: string[]; ca: string; cert: string; key: string} {
  const {clusters, users} = parse(kubeconfig) as Kubeconfig;
  const decode = (data: string | undefined) => Buffer.from(data ?? '', 'base64').toString();
  return {
    servers: clusters.map(({cluster}) => cluster.server),
    ca: decode(clusters[0]?.cluster['certificate-authority-data']),
    cert: decode(users[0]?.user['client-certificate-data']),
    key: decode(users[0]?.user['client-key-data']),
  };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
