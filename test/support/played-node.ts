import {execFileSync} from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, relative} from 'node:path';
import {onTestFinished} from 'vitest';
import type {Node} from '../../src/nodes/node.ts';
import {programTransport, runThrough} from '../../src/nodes/transport.ts';

interface Options {
  /** The shell that is `sh` there: the path of a program, or of one and its first argument. */
  readonly shell?: readonly string[];
  /** A second of the node, in seconds. */
  readonly second?: number;
  /** The process that would run the command of this number, of those that change files, is killed instead. Counted from 1. */
  readonly crashAt?: number;
  /** What goes before a program, in sh. */
  readonly before?: Readonly<Record<string, string>>;
}

/** A folder of this machine that plays a node, on which a test sees and counts every program that a script starts. */
export interface PlayedNode {
  readonly node: Node;
  readonly root: string;
  write(path: string, content: string | Buffer, mode?: string): void;
  /** Undefined where there is none. */
  read(path: string): string | undefined;
  /** Every file and every empty folder, but those of kops itself: path, mode and content. */
  files(): string[];
  /** The same of kops itself: paths below /etc/kubernetes/kops, without those. */
  own(): string[];
  /** The command lines that were run, without the shell's own commands. */
  commands(): string[];
  /** How many of them change files. */
  changes(): number;
}

/** The shells of this machine that a node might have. */
export const availableShells: readonly (readonly [string, readonly string[]])[] = (
  [
    ['the system’s sh', ['/bin/sh']],
    ['bash in POSIX mode', ['/bin/bash', '--posix']],
    ['busybox ash', ['/bin/busybox', 'ash']],
  ] as const
).filter(([, [program]]) => existsSync(program));

/** What scripts may start. The second list changes files. */
const READERS = ['base64', 'cat', 'sha256sum', 'stat', 'setsid'];
const WRITERS = ['chmod', 'chown', 'cp', 'ln', 'mkdir', 'mv', 'rm', 'rmdir'];

/** A program in the place of another: notes that it was called, and does what `instead` says. */
const shim = (name: string, instead: string): string => `#!/bin/sh
printf '%s\\n' "${name} $*" >>"$SHIMS/log"
${instead}
`;
const PASS = (name: string): string => `exec ${which(name)} "$@"`;
const CRASH = `echo >>"$SHIMS/count"
[ "$CRASH_AT" -eq 0 ] || [ "$(wc -l <"$SHIMS/count")" -ne "$CRASH_AT" ] || kill -9 $PPID`;

export function playNode({shell = ['/bin/sh'], second = 1, crashAt = 0, before = {}}: Options = {}): PlayedNode {
  const home = mkdtempSync(join(tmpdir(), 'kops-node-'));
  onTestFinished(() => rmSync(home, {recursive: true, force: true, maxRetries: 5})); // a guard may just be ending
  const [root, shims] = [join(home, 'root'), join(home, 'shims')];
  mkdirSync(root);
  mkdirSync(shims);
  const install = (name: string, script: string) => writeFileSync(join(shims, name), script, {mode: 0o755});
  for (const name of READERS) install(name, shim(name, `${before[name] ?? ''}\n${PASS(name)}`));
  for (const name of WRITERS) install(name, shim(name, `${CRASH}\n${before[name] ?? ''}\n${PASS(name)}`));
  const spans = ['0.1', '1', '2'].map((span) => `${span}) set -- ${Number(span) * second} ;;`).join(' ');
  install('sleep', shim('sleep', `case $1 in ${spans} esac\n${PASS('sleep')}`));
  install('sync', shim('sync', ':')); // a busy disk would make each take a second
  install('sh', `#!/bin/sh\nexec ${shell.join(' ')} "$@"\n`);
  writeFileSync(join(shims, 'count'), '');
  writeFileSync(join(shims, 'log'), '');

  const env = [`PATH=${shims}:${process.env.PATH}`, `SHIMS=${shims}`, `CRASH_AT=${crashAt}`];
  const transport = programTransport('env', {
    title: 'test',
    args: (words) => [...env, ...words],
    within: 20_000,
    explain: () => undefined,
  });
  const at = (path: string) => join(root, path);
  const own = '/etc/kubernetes/kops';
  return {
    root,
    node: {
      name: 'a',
      access: 'local',
      root,
      run: (script, args, options, signal) => runThrough(transport, script, args, options, signal),
      close: async () => {},
    },
    write(path, content, mode = '600') {
      mkdirSync(dirname(at(path)), {recursive: true});
      writeFileSync(at(path), content);
      chmodSync(at(path), Number.parseInt(mode, 8));
    },
    read(path) {
      try {
        return readFileSync(at(path), 'utf8');
      } catch {
        return undefined;
      }
    },
    files: () => walk(root, root).filter((line) => !line.startsWith(own)),
    own: () => walk(at(own), at(own)),
    commands: () => readFileSync(join(shims, 'log'), 'utf8').split('\n').filter(Boolean),
    changes: () => readFileSync(join(shims, 'count'), 'utf8').length,
  };
}

const found = new Map<string, string>();
function which(name: string): string {
  const path = found.get(name) ?? execFileSync('sh', ['-c', `command -v ${name}`], {encoding: 'utf8'}).trim();
  found.set(name, path);
  return path;
}

function walk(root: string, folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      try {
        return describe(root, join(folder, name));
      } catch {
        return []; // it went just now
      }
    });
}

function describe(root: string, path: string): string[] {
  const about = lstatSync(path);
  const shown = `/${relative(root, path)}`;
  const mode = (about.mode & 0o777).toString(8);
  if (about.isSymbolicLink()) return [`${shown} → ${readlinkSync(path)}`];
  if (!about.isDirectory()) return [`${shown} ${mode} ${readFileSync(path, 'utf8')}`];
  const inside = walk(root, path);
  return inside.length > 0 ? inside : [`${shown}/ ${mode}`];
}

/** Processes of this machine whose command line has all these words. */
export function processesWith(...words: readonly string[]): number[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words.every((word) => line.includes(word)) ? [Number(pid)] : [];
    } catch {
      return []; // it ended just now, or is no process
    }
  });
}
