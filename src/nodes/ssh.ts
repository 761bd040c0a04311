import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import {ExitCode, Problem} from '../problem.ts';
import {execute} from './execute.ts';
import type {Node} from './node.ts';
import {Output} from './output.ts';
import {makeSocketFolder} from './ssh-folder.ts';
import {explainSudo} from './sudo.ts';
import {type Explanation, programTransport, runThrough} from './transport.ts';

/** Milliseconds: for everything before the script, a proxy and a slow login included; for the end of the shared connection. */
const LOGIN = 30_000;
const GOODBYE = 5_000;

/** On the node: become root, and run the rest of the words. */
const AS_ROOT = 'if [ "$(id -u)" = 0 ]; then exec "$@"; else exec sudo -n -- "$@"; fi';

/**
 * A node behind the system's ssh, with all that ~/.ssh/config says of it. Nobody is asked anything: keys come from files or an agent, and
 * the host's key must be known. `host`: `{node}` in it stands for the node's name; default: that name. One connection serves all scripts.
 */
export function sshNode(name: string, host = '{node}'): Node {
  const target = sshTarget(host, name);
  let folder: Promise<string> | undefined;
  const shared = async (): Promise<string> => {
    folder ??= makeSocketFolder();
    return join(await folder, 's');
  };
  return {
    name,
    access: 'ssh',
    root: '',
    async run(script, args, options, signal) {
      const socket = await shared();
      const transport = programTransport('ssh', {
        title: `ssh ${target}`,
        args: (words) => [...optionsOf(socket), '--', target, quote(['sh', '-c', AS_ROOT, 'kops', ...words])],
        within: LOGIN,
        explain: (complaint) => explainSsh(complaint, target),
      });
      return runThrough(transport, script, args, options, signal);
    },
    async close() {
      if (!folder) return;
      const socket = await shared();
      const output = new Output({onData: undefined, maxBytes: 0, sign: ''});
      const args = ['-O', 'exit', '-o', `ControlPath=${socket}`, '--', target];
      await execute('ssh', args, {input: undefined, output, within: GOODBYE}, AbortSignal.timeout(GOODBYE)).catch(() => {});
      await rm(await folder, {recursive: true, force: true});
      folder = undefined;
    },
  };
}

/** Where ssh is to go; a Problem where that cannot be a host. */
export function sshTarget(template: string, node: string): string {
  const target = template.replaceAll('{node}', node);
  if (/^[A-Za-z0-9_[][\w.@:/%[\]-]*$/.test(target)) return target;
  throw new Problem(`${JSON.stringify(target)} is not a host for ssh`, {
    why: 'it is a name, user@name or ssh://user@name:port; {node} in it stands for the name of the node',
    exitCode: ExitCode.usage,
  });
}

const optionsOf = (socket: string): string[] =>
  Object.entries({
    BatchMode: 'yes',
    ConnectTimeout: '5',
    ServerAliveInterval: '5',
    ServerAliveCountMax: '3',
    ControlMaster: 'auto',
    ControlPath: socket,
    ControlPersist: '60',
    RequestTTY: 'no',
    RemoteCommand: 'none',
    ClearAllForwardings: 'yes',
    LogLevel: 'ERROR',
  }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);

/** One line for the login shell of the other side. */
const quote = (words: readonly string[]): string => words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');

function explainSsh(complaint: string, target: string): Explanation | undefined {
  const byHand = `log in once by hand: ssh ${target}`;
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED/.test(complaint))
    return {why: 'its host key is another one than before: someone may be in between', next: `find out why, then ${byHand}`};
  if (/Host key verification failed/.test(complaint)) return {why: 'its host key is not known', next: `check it and ${byHand}`};
  if (/Permission denied|Too many authentication failures/.test(complaint))
    return {why: 'it takes none of the keys that ssh offers', next: `see that this works without a password: ssh ${target}`};
  if (/Could not resolve hostname/.test(complaint)) return {why: `the name of the host is not known here`};
  if (/timed out|No route to host|Network is unreachable/.test(complaint)) return {why: 'it does not answer'};
  if (/Connection refused/.test(complaint)) return {why: 'no ssh server listens there'};
  return explainSudo(complaint);
}
