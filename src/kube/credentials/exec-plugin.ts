import {isatty} from 'node:tty';
import type {Access} from '../access/find-access.ts';
import type {ExecEntry} from '../access/kubeconfig.ts';
import {readReferenced} from '../access/referenced.ts';
import {bearer, type Certificate, type Credential, type Credentials, noCredentials} from './credential.ts';
import {checkPlugin, execInfo, parseExecCredential} from './exec-credential.ts';
import {runPlugin} from './run-plugin.ts';

/** Milliseconds. A credential is renewed so long before it expires, or after half of a life that is shorter than twice that. */
const RENEW_BEFORE = 10_000;

/**
 * Credentials from a program (`aws eks get-token`, `kubelogin` …). It is asked at first use, shortly before its credential expires, and when
 * the API server refuses it; never twice at a time. `certificate`: the kubeconfig's own, which goes before the program's.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export function createPlugin(
  exec: ExecEntry,
  access: Access,
  env: Readonly<Record<string, string | undefined>>,
  certificate: Certificate | undefined,
): Credentials {
  checkPlugin(exec, access.context);
  let latest: {readonly credential: Credential; readonly renewAt: number} | undefined;
  let asking: {readonly answer: Promise<Credential>; readonly abort: AbortController; waiting: number} | undefined;

  async function ask(signal: AbortSignal): Promise<Credential> {
    const interactive = isInteractive(exec, access.context);
    const ca = exec.provideClusterInfo
      ? await readReferenced(access.cluster, 'certificate-authority', `context ${access.context}`)
      : undefined;
    const info = execInfo(exec, access, {interactive, ca});
    const output = await runPlugin(exec, {info, interactive, env, context: access.context}, signal);
    const plugin = parseExecCredential(output, exec, access.context);
    const headers = plugin.token === undefined ? {} : bearer(plugin.token);
    const credential = {headers, certificate: certificate ?? plugin.certificate};
    latest = {credential, renewAt: renewAt(plugin.expiresAt, Date.now())};
    return credential;
  }

  return {
    async current(signal) {
      if (latest && Date.now() < latest.renewAt) return latest.credential;
      if (asking === undefined) {
        const abort = new AbortController();
        const forget = () => {
          asking = undefined;
        };
        asking = {answer: ask(abort.signal).finally(forget), abort, waiting: 0};
      }
      return waitFor(asking, signal);
    },
    refused(credential) {
      if (latest?.credential === credential) latest = undefined;
      return true;
    },
    hint: async () => `the plugin ${exec.command} gave credentials that the API server refuses`,
  };
}

/** Whoever waits may give up; the program is ended when nobody waits any more. */
async function waitFor(
  asking: {readonly answer: Promise<Credential>; readonly abort: AbortController; waiting: number},
  signal: AbortSignal,
): Promise<Credential> {
  signal.throwIfAborted();
  asking.waiting++;
  const {promise: abandoned, reject} = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, {once: true});
  try {
    return await Promise.race([asking.answer, abandoned]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    asking.waiting--;
    if (asking.waiting === 0) asking.abort.abort();
  }
}

/** When to ask for another one; epoch milliseconds, all of them. */
export function renewAt(expiresAt: number | undefined, now: number): number {
  if (expiresAt === undefined) return Number.POSITIVE_INFINITY;
  return expiresAt - Math.min(RENEW_BEFORE, Math.max(0, expiresAt - now) / 2);
}

/** Whether the plugin may talk to the person at the terminal. */
function isInteractive({interactiveMode = 'IfAvailable', command}: ExecEntry, context: string): boolean {
  const terminal = isatty(0);
  if (interactiveMode === 'Always' && !terminal) {
    throw noCredentials(context, {
      why: `the plugin ${command} must ask at a terminal (interactiveMode: Always), and standard input is none`,
      next: 'run kops in a terminal',
      passing: false,
    });
  }
  return interactiveMode !== 'Never' && terminal;
}
