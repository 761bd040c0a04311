import {stringify} from 'yaml';
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

const base64 = (text: string): string => Buffer.from(text).toString('base64');
