import {type EncryptionConfiguration, type Provider, renderConfiguration} from './configuration/configuration.ts';
import {parseConfiguration} from './configuration/parse.ts';
import {folderOfSocket} from './manifest/manifest.ts';
import {etcdPathOf} from './stored/etcd-path.ts';
import type {Draft} from './transaction/prepare.ts';
import {ABSENT} from './transaction/record.ts';

/** One thing to do by hand: why, and the lines to type. */
export interface RunbookStep {
  readonly title: string;
  /** Where: the names of nodes, or undefined for wherever kubectl is. */
  readonly on: readonly string[] | undefined;
  readonly commands: readonly string[];
}

/** The same change as commands that a person could type, for a change ticket, or for learning. It never holds a key. */
export interface EncryptionRunbook {
  readonly kind: 'EncryptionRunbook';
  readonly context: string;
  readonly operation: string;
  readonly steps: readonly RunbookStep[];
}

const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const PKI = '/etc/kubernetes/pki';
const ETCDCTL = `etcdctl --cacert=${PKI}/etcd/ca.crt --cert=${PKI}/apiserver-etcd-client.crt --key=${PKI}/apiserver-etcd-client.key`;

/** `unchanged`: all is as it is to be, so that nothing is left but the proof. */
export function runbookOf(
  context: string,
  {transaction, servers, stages, sockets, socketsOnNodes}: Draft,
  etcdPrefix: string,
  unchanged: boolean,
): EncryptionRunbook {
  const {operation, resources, writeKey, configurationFile, retires, nodes} = transaction;
  const all = servers.map(({name}) => name);
  const folder = configurationFile.slice(0, configurationFile.lastIndexOf('/'));
  const isNew = Object.values(nodes).every(({configuration}) => configuration === ABSENT);
  const restarts = servers.filter(({name}) => nodes[name]?.manifest.original !== nodes[name]?.manifest.enabled);
  const reloads = restarts.length < servers.length;
  const disables = operation === 'disable';
  const show = (stage: Buffer): string[] => {
    const text = masked(parseConfiguration(stage.toString('utf8'), 'the configuration'), writeKey.keyName).trimEnd();
    return [
      ...(text.includes('$KEY') ? [`: "$\{KEY:?read it first}"`] : []),
      `(umask 077; cat > ${configurationFile}.new <<EOF`,
      ...text.split('\n'),
      'EOF',
      `) && mv ${configurationFile}.new ${configurationFile}`,
    ];
  };
  const proving: RunbookStep = {
    title: `Prove it in etcd: this names every value that is not stored ${disables ? 'in plaintext' : `under ${writeKey.keyName}`}`,
    on: all.slice(0, 1),
    commands: resources.flatMap((resource) => proof(etcdPathOf(resource, etcdPrefix), disables ? undefined : writeKey)),
  };
  if (unchanged) return {kind: 'EncryptionRunbook', context, operation, steps: [proving]};
  const onNodes = [...new Set([...socketsOnNodes.values()].flat())];
  const steps: RunbookStep[] = [
    ...(onNodes.length === 0
      ? []
      : [
          {
            title: 'The KMS plugin must run on every one of them: an API server is not ready without it',
            on: all,
            commands: onNodes.map((socket) => `test -S ${socket}`),
          },
        ]),
    {
      title: 'Back up, outside the manifests folder: the kubelet runs every file in there',
      on: all,
      commands: [`cp -p ${MANIFEST} /root/`, ...(isNew ? [] : [`cp -p ${configurationFile} /root/`])],
    },
    {
      title: 'Save etcd; the file holds every Secret as it is stored now',
      on: all.slice(0, 1),
      commands: [`${ETCDCTL} snapshot save /root/etcd-snapshot.db && chmod 600 /root/etcd-snapshot.db`],
    },
    ...(disables || writeKey.provider.startsWith('kms')
      ? []
      : [
          {
            title: 'Make the new key, once, and read it into a variable on every node: no command gets it as an argument',
            on: all,
            commands: ['head -c 32 /dev/urandom | base64   # once, on one of them', 'read -rs KEY   # on each; paste it'],
          },
        ]),
    {
      title: `Every server must be able to read what any will write: the file on all nodes${reloads ? ', then wait a minute' : ''}`,
      on: all,
      commands: [`mkdir -p -m 700 ${folder}`, ...show(stages.read), ...(reloads ? [agreement()] : [])],
    },
    ...(restarts.length === 0
      ? []
      : [
          enabling(
            restarts.map(({name}) => name),
            configurationFile,
            [['encryption', folder], ...kmsFolders(sockets).filter(([, mounted]) => mounted !== folder)],
          ),
        ]),
    {
      title: `Only now may a server write that way: ${disables ? 'identity' : writeKey.keyName} first, on all nodes, then wait a minute`,
      on: all,
      commands: [...show(stages.write), agreement()],
    },
    {
      title: 'Rewrite what is stored',
      on: undefined,
      commands: resources.map((resource) => `kubectl get ${resource} -A -o json | kubectl replace -f -`),
    },
    proving,
    ...(stages.final
      ? [
          {
            title:
              retires.length > 0
                ? `Drop ${retires.join(', ')}; keep it${alsoKms(sockets)} for older snapshots; then wait a minute`
                : 'No longer read plaintext; then wait a minute',
            on: all,
            commands: [...show(stages.final), agreement()],
          },
        ]
      : []),
    ...(disables ? [removal(all, folder, sockets)] : []),
    {
      title: `Tell kubeadm, or its next upgrade ${disables ? 'brings the flag back' : 'drops the flag'}: apiServer.extraArgs and extraVolumes`,
      on: undefined,
      commands: ['kubectl -n kube-system edit configmap kubeadm-config'],
    },
  ];
  return {kind: 'EncryptionRunbook', context, operation, steps};
}

const proof = (
  path: string,
  writeKey: {readonly provider: string; readonly keyName: string | undefined} | undefined,
): string[] => {
  const [provider, version = 'v1'] = writeKey?.provider.split(' ') ?? [];
  const prefix = writeKey ? `k8s:enc:${provider}:${version}:${writeKey.keyName}:` : 'k8s:enc:';
  // In plaintext nothing may have a prefix: `&&` tells those that have.
  const tells = writeKey ? '||' : '&&';
  return [
    `for key in $(${ETCDCTL} get ${path} --prefix --keys-only); do`,
    `  ${ETCDCTL} get "$key" --print-value-only | grep -aq '^${prefix}' ${tells} echo "not as it should be: $key"`,
    'done',
  ];
};

const kmsFolders = (sockets: readonly string[]): [name: string, folder: string][] =>
  [...new Set(sockets.map(folderOfSocket))].map((folder, index) => [index === 0 ? 'kms' : `kms-${index + 1}`, folder]);

const enabling = (
  nodes: readonly string[],
  file: string,
  folders: readonly (readonly [name: string, folder: string])[],
): RunbookStep => ({
  title: 'One node after the other: the next only when this one lists Secrets again, and is ready',
  on: nodes,
  commands: [
    `vi ${MANIFEST}`,
    `#   command:       - --encryption-provider-config=${file}`,
    '#                  - --encryption-provider-config-automatic-reload=true',
    ...folders.flatMap(([name, folder]) => [
      `#   volumeMounts:  - {name: ${name}, mountPath: ${folder}, readOnly: true}`,
      `#   volumes:       - {name: ${name}, hostPath: {path: ${folder}, type: DirectoryOrCreate}}`,
    ]),
    'kubectl --server https://NODE:6443 get secrets -A --limit 1',
    "kubectl --server https://NODE:6443 get --raw '/readyz?verbose'",
    agreement(),
  ],
});

/** The file has no key of a KMS: what it opens, it opens with the plugin only. */
const alsoKms = (sockets: readonly string[]): string => (sockets.length > 0 ? ', and the KMS,' : '');

const removal = (nodes: readonly string[], folder: string, sockets: readonly string[]): RunbookStep => ({
  title: `One node after the other: take the flags, and what was mounted for them, out; keep the file${alsoKms(sockets)} for older snapshots`,
  on: nodes,
  commands: [`vi ${MANIFEST}`, 'kubectl --server https://NODE:6443 get secrets -A --limit 1', `mv ${folder} /root/`],
});

const agreement = (): string =>
  "kubectl --server https://NODE:6443 get --raw /metrics | grep '^apiserver_encryption_config_controller_last_config_info'   # of each: the file's sha256";

/** The new key by a shell variable, older ones by words. */
function masked({rules}: EncryptionConfiguration, newKey: string | undefined): string {
  const hide = (provider: Provider): Provider =>
    'keys' in provider
      ? {
          ...provider,
          keys: provider.keys.map(({name}) => ({name, secret: name === newKey ? '$KEY' : `<as it is in the file: ${name}>`})),
        }
      : provider;
  return renderConfiguration({rules: rules.map((rule) => ({...rule, providers: rule.providers.map(hide)}))});
}
