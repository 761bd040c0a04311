import {posix} from 'node:path';
import {diffArrays} from 'diff';
import {type KubectlScope, quoted} from '../text/kubectl.ts';
import {inEtcdPod} from './audit-commands.ts';
import {type EncryptionConfiguration, type Provider, renderConfiguration} from './configuration/configuration.ts';
import {keysOf} from './configuration/coverage.ts';

/** Shell for people: what a step of a runbook is made of. None of it holds a key, or gets one as an argument. */

/** Defines `api`, which asks the API server of the node that it runs on, and no other one. `server`: its URL. */
export const asksOwnServer = (server: string): string =>
  `api() { kubectl --kubeconfig /etc/kubernetes/admin.conf --server ${quoted(new URL(server).origin)} "$@"; }`;

/** A folder of its own for each time: what an older one holds, older snapshots need. */
export const makesBackupFolder = 'BACKUP=/root/kops-$(date +%Y%m%d-%H%M%S); mkdir -m 700 "$BACKUP"';
export const BACKUP = '"$BACKUP"/';

/**
 * Defines `secret NAME`, which prints the key of that name in the file, where that has name and secret on lines of their own, as
 * `renderConfiguration` and the documentation write it.
 */
const readsKeys = (file: string): string =>
  `secret() { awk -v name="$1" '{for (i = 1; i <= NF; i++) gsub(/^["\\047]|["\\047]$/, "", $i)} NF > 1 && $(NF-1) == "name:" {found = $NF == name} found && NF > 1 && $(NF-1) == "secret:" {print $NF; exit}' ${file}; }`;

/**
 * Writes the file as a whole. A key that is there already is taken from the file itself, the new one from a variable of the shell.
 * @param newKey its name; undefined where the file has every key already
 */
export function writesConfiguration(configuration: EncryptionConfiguration, path: string, newKey: string | undefined): string[] {
  const file = quoted(path);
  const names = namesOfKeys(configuration);
  const value = (name: string) => (name === newKey ? '$KEY' : `$(secret ${quoted(name)})`);
  const hide = (provider: Provider): Provider =>
    'keys' in provider
      ? {...provider, keys: provider.keys.map(({name}) => ({name, secret: markOf(names.indexOf(name))}))}
      : provider;
  const hidden = {rules: configuration.rules.map((rule) => ({...rule, providers: rule.providers.map(hide)}))};
  const text = renderConfiguration(hidden)
    .trimEnd()
    .replaceAll(/[\\$`]/g, '\\$&')
    .replaceAll(MARK, (_, index: string) => value(names[Number(index)] ?? ''));
  return [
    ...(names.some((name) => name !== newKey) ? [readsKeys(file)] : []),
    ...names.map((name) => `test -n "${value(name)}" &&`),
    `(umask 077; cat > ${file}.new <<EOF`,
    ...text.split('\n'),
    'EOF',
    `) && mv ${file}.new ${file}`,
  ];
}

const namesOfKeys = (configuration: EncryptionConfiguration): string[] => [
  ...new Set(keysOf(configuration).map(({key}) => key.name)),
];

/** Stands for a key until the text is one for a shell. */
const markOf = (index: number): string => `kops-key-${index}-kops`;
const MARK = /kops-key-(\d+)-kops/g;

/** Waits until the node's API server runs with the file as it is now: it looks once a minute, or when it starts. */
export const untilAgreed = (path: string): string =>
  `until api get --raw /metrics | grep '^apiserver_encryption_config_controller_last_config_info' | grep -q "$(sha256sum < ${quoted(path)} | cut -d ' ' -f 1)"; do sleep 5; done`;

/** Waits until it is back, and runs without any. */
export const untilWithout =
  "until metrics=$(api get --raw /metrics) && ! printf '%s' \"$metrics\" | grep -q '^apiserver_encryption_config_controller_last_config_info'; do sleep 5; done";

/** Waits until it does, and is ready. */
export const untilServing =
  "until api get --raw '/api/v1/secrets?limit=1' > /dev/null && api get --raw /readyz > /dev/null; do sleep 5; done";

/**
 * Turns one text of a manifest into another, and does nothing where it is not the first one, by its digest (SHA-256 in hex). By way of a file
 * beside the manifests folder: the kubelet runs every file in there, an editor's copies too.
 */
export function editsManifest(path: string, before: string, after: string, digest: string): string[] {
  const scratch = `${posix.dirname(posix.dirname(path))}/${posix.basename(path)}.new`;
  return [
    `echo '${digest}  ${path}' | sha256sum -c &&`,
    `(umask 077; sed -f /dev/stdin ${path} > ${scratch}) <<'EOF' && mv ${scratch} ${path}`,
    ...sedScript(before.split('\n'), after.split('\n')),
    'EOF',
  ];
}

/** All that is added before all that is deleted, because nothing more is done to a line that sed has deleted. */
function sedScript(before: string[], after: string[]): string[] {
  const [additions, deletions]: [string[], string[]] = [[], []];
  let line = 0;
  for (const {added, removed, value} of diffArrays(before, after)) {
    if (added) {
      const text = value.map((one) => one.replaceAll('\\', '\\\\')).join('\\\n');
      additions.push(line === 0 ? '1i\\' : `${line}a\\`, ...text.split('\n'));
      continue;
    }
    if (removed) deletions.push(`${line + 1},${line + value.length}d`);
    line += value.length;
  }
  return [...additions, ...deletions];
}

/** etcdctl, as far as its verb, and where it is. */
export interface Etcdctl {
  readonly words: string;
  /** Undefined: wherever kubectl is. */
  readonly on: readonly string[] | undefined;
}

const OWN_HOSTS = ['127.0.0.1', 'localhost', '[::1]'];

/** In the pod of the node's own etcd, where its API server uses that; else with the API server's own certificate, on the node. */
export function etcdctlOf(node: string, flags: ReadonlyMap<string, string>, scope: KubectlScope): Etcdctl {
  const endpoints = flags.get('etcd-servers') ?? 'https://127.0.0.1:2379';
  const isStacked = endpoints.split(',').every((endpoint) => OWN_HOSTS.includes(URL.parse(endpoint)?.hostname ?? ''));
  if (isStacked) return {words: inEtcdPod(node, scope), on: undefined};
  const options = [
    ['endpoints', endpoints],
    ['cacert', flags.get('etcd-cafile')],
    ['cert', flags.get('etcd-certfile')],
    ['key', flags.get('etcd-keyfile')],
  ].flatMap(([name, value]) => (value === undefined ? [] : [quoted(`--${name}=${value}`)]));
  return {words: ['etcdctl', ...options].join(' '), on: [node]};
}
