import {createHash} from 'node:crypto';
import {ExitCode, Problem} from '../problem.ts';
import {printable} from '../text/printable.ts';
import type {Node, RunResult} from './node.ts';
import {FileChanged} from './problems.ts';

export interface NodeFile {
  readonly content: Buffer;
  /** Of `content`, hexadecimal. */
  readonly sha256: string;
  /** Octal: `600`. */
  readonly mode: string;
  /** `root:root`. */
  readonly owner: string;
}

export interface WriteOptions {
  /** Octal: `600`. */
  readonly mode: string;
  /** Of the folder and those above it, where they are missing. Default: `700`. */
  readonly directoryMode?: string;
  /** sha256 of what must be there now, or that nothing is; else it rejects with `FileChanged`. Without it anything may be there. */
  readonly expect?: string | 'absent';
}

/** Exit codes of the scripts below, for what has words of its own. */
const EXIT = {absent: 40, changed: 41, link: 42, irregular: 43, truncated: 44} as const;

/** `hash FILE` prints its sha256, or `absent`. `flush PATH` puts it on the disk: busybox and old coreutils can only flush everything. */
const PRELUDE = `umask 077
hash() { if [ -e "$1" ] || [ -L "$1" ]; then set -- "$(sha256sum <"$1")" && printf %s "\${1%% *}"; else printf absent; fi; }
flush() { sync "$1" 2>/dev/null || sync; }
plain() { if [ -L "$1" ]; then exit ${EXIT.link}; elif [ -e "$1" ] && [ ! -f "$1" ]; then exit ${EXIT.irregular}; fi; }
expected() { [ -z "$2" ] || [ "$(hash "$1")" = "$2" ] || exit ${EXIT.changed}; }
`;

const READ = `[ -e "$1" ] || [ -L "$1" ] || exit ${EXIT.absent}
[ -f "$1" ] || exit ${EXIT.irregular}
stat -L -c '%a %U:%G' "$1" && cat "$1"`;

/** $1 path, $2 mode, $3 mode of missing folders, $4 what is expected, $5 sha256 of the content, which comes on standard input. */
const WRITE = `${PRELUDE}
path=$1 folder=\${1%/*}
plain "$path"; expected "$path" "$4"
make() { if [ ! -d "$1" ]; then make "\${1%/*}" "$2" && mkdir "$1" && chmod "$2" "$1" && flush "\${1%/*}"; fi; }
make "$folder" "$3" || exit 1
rm -f "$folder"/.kops-[0-9]* # of one that was killed
new=$folder/.kops-$$
trap 'rm -f "$new"' EXIT
trap 'exit 1' HUP INT TERM
cat >"$new" || exit 1
[ "$(hash "$new")" = "$5" ] || exit ${EXIT.truncated}
chmod "$2" "$new" || exit 1
if [ -e "$path" ]; then chown "$(stat -c %u:%g "$path")" "$new" || exit 1; fi
flush "$new"
expected "$path" "$4"
mv -f "$new" "$path" && flush "$folder"`;

/** $1 path, $2 what is expected. */
const REMOVE = `${PRELUDE}
[ -e "$1" ] || [ -L "$1" ] || exit 0
plain "$1"; expected "$1" "$2"
rm -f "$1" && flush "\${1%/*}"`;

const LIST = `[ -d "$1" ] || exit 0
cd "$1" || exit 1
for name in * .[!.]* ..?*; do
  if [ -d "$name" ] && [ ! -L "$name" ]; then printf '%s/\\0' "$name"; elif [ -e "$name" ] || [ -L "$name" ]; then printf '%s\\0' "$name"; fi
done`;

/** Undefined where there is no such file. A link is followed. Rejects with a Problem where it is not a file or may not be read. */
export async function readFile(node: Node, path: string, signal: AbortSignal): Promise<NodeFile | undefined> {
  const result = await node.run(READ, [at(node, path)], {}, signal);
  if (result.code === EXIT.absent) return undefined;
  check(node, 'read', path, result);
  const end = result.stdout.indexOf('\n');
  const [mode = '', owner = ''] = result.stdout.subarray(0, end).toString().split(' ');
  const content = result.stdout.subarray(end + 1);
  return {content, sha256: sha256(content), mode, owner};
}

/**
 * Replaces a file as a whole, or makes it: whoever looks sees the old content or the new, also after a crash. Keeps the owner of what was
 * there. Rejects with `FileChanged` where `expect` does not hold, and refuses a link and anything else that is not a file.
 */
export async function writeFile(
  node: Node,
  path: string,
  content: Buffer,
  {mode, directoryMode = '700', expect = ''}: WriteOptions,
  signal: AbortSignal,
): Promise<void> {
  const args = [at(node, path), mode, directoryMode, expect, sha256(content)];
  check(node, 'write', path, await node.run(WRITE, args, {input: content}, signal));
}

/** Harmless where there is none, unless `expect` (sha256) says otherwise: then it rejects with `FileChanged`. */
export async function removeFile(node: Node, path: string, {expect = ''}: {expect?: string}, signal: AbortSignal): Promise<void> {
  check(node, 'remove', path, await node.run(REMOVE, [at(node, path), expect], {}, signal));
}

/** Names in a folder, hidden ones too, sorted; those of folders end with `/`. Empty where there is no such folder. */
export async function listFiles(node: Node, directory: string, signal: AbortSignal): Promise<string[]> {
  const result = await node.run(LIST, [at(node, directory)], {}, signal);
  check(node, 'list', directory, result);
  return result.stdout
    .toString('utf8')
    .split('\0')
    .filter((name) => name !== '')
    .sort();
}

export const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

function at(node: Node, path: string): string {
  if (!/^\/[^\0]*[^/\0]$/.test(path)) throw new Error(`not an absolute path of a file: ${JSON.stringify(path)}`);
  return `${node.root}${path}`;
}

function check(node: Node, verb: string, path: string, {code, stderr}: RunResult): void {
  if (code === 0) return;
  if (code === EXIT.changed) throw new FileChanged(node.name, path);
  const reasons: Readonly<Record<number, string>> = {
    [EXIT.link]: 'it is a symbolic link, and replacing it would leave what it points at as it was',
    [EXIT.irregular]: 'it is not a file',
    [EXIT.truncated]: 'its content did not arrive as a whole',
  };
  const said = printable(stderr.trim().split('\n').at(-1) ?? '').replaceAll(`${node.root}/`, '/');
  throw new Problem(`cannot ${verb} ${path} on ${node.name}`, {why: reasons[code] ?? said, exitCode: ExitCode.noAccess});
}
