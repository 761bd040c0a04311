import {type KubectlScope, kubectl, quoted} from '../text/kubectl.ts';
import {parseConfiguration} from './configuration/parse.ts';
import {CONFIG_FLAG, folderOfSocket, RELOAD_FLAG, readManifest} from './manifest/manifest.ts';
import {
  asksOwnServer,
  BACKUP,
  type Etcdctl,
  editsManifest,
  etcdctlOf,
  makesBackupFolder,
  untilAgreed,
  untilServing,
  untilWithout,
  writesConfiguration,
} from './runbook-shell.ts';
import {prefixOfWriteKey} from './stored/audit.ts';
import {etcdPathOf} from './stored/etcd-path.ts';
import {type Draft, manifestsOf} from './transaction/prepare.ts';
import {ABSENT, ARCHIVE_FOLDER, type Transaction} from './transaction/record.ts';
import type {Server} from './transaction/servers.ts';

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

export interface RunbookOptions {
  readonly context: string;
  readonly etcdPrefix: string;
  /** All is as it is to be, so that nothing is left but the proof. */
  readonly unchanged: boolean;
  /** For kubectl. */
  readonly scope: KubectlScope;
}

/** In the pod and on the node of a stacked etcd alike. */
const SNAPSHOT = '/var/lib/etcd/kops-runbook.db';

export function runbookOf(draft: Draft, {context, etcdPrefix, unchanged, scope}: RunbookOptions): EncryptionRunbook {
  const {transaction, servers, stages, sockets, socketsOnNodes} = draft;
  const {operation, resources, writeKey, configurationFile: path, retires, nodes, rewrite, snapshot} = transaction;
  const file = quoted(path);
  const all = servers.map(({name}) => name);
  const folder = path.slice(0, path.lastIndexOf('/'));
  const [first] = servers;
  const manifest = first?.manifestPath ?? '';
  const {flags} = readManifest(draft.originals.get(first?.name ?? '')?.manifest.toString('utf8') ?? '', manifest);
  const etcdctl = etcdctlOf(first?.name ?? '', flags, scope);
  const isNew = Object.values(nodes).every(({configuration}) => configuration === ABSENT);
  const restarts = servers.filter(({name}) => nodes[name]?.manifest.original !== nodes[name]?.manifest.enabled);
  const reloads = restarts.length < servers.length;
  const disables = operation === 'disable';
  const ends = disables && rewrite;
  const makesKey = !disables && !writeKey.provider.startsWith('kms');
  const show = (stage: Buffer, isFirst = false): string[] =>
    writesConfiguration(
      parseConfiguration(stage.toString('utf8'), 'the configuration'),
      path,
      isFirst && makesKey ? writeKey.keyName : undefined,
    );
  const proving = provingStep(transaction, etcdctl, etcdPrefix);
  const report = (steps: readonly RunbookStep[]) => ({kind: 'EncryptionRunbook', context, operation, steps}) as const;
  if (unchanged) return report([proving]);
  const onNodes = [...new Set([...socketsOnNodes.values()].flat())];
  return report([
    ...servers.map(({name, api}) => ({
      title: `A shell of root on ${name}, open until the end; \`api\` asks its own API server`,
      on: [name],
      commands: [asksOwnServer(api.server), makesBackupFolder],
    })),
    ...(onNodes.length === 0
      ? []
      : [
          {
            title: 'The KMS plugin must run on every one of them: an API server is not ready without it',
            on: all,
            commands: onNodes.map((socket) => `test -S ${quoted(socket)}`),
          },
        ]),
    {
      title: 'Back up, outside the manifests folder: the kubelet runs every file in there',
      on: all,
      commands: [`cp -p ${manifest} ${BACKUP}`, ...(isNew ? [] : [`cp -p ${file} ${BACKUP}`])],
    },
    ...(snapshot === undefined ? [] : savingEtcd(etcdctl, all.slice(0, 1))),
    ...(makesKey ? [makingKey(all)] : []),
    {
      title: `Every server must be able to read what any will write: the file on ${all.length === 1 ? 'the node' : 'all nodes'}`,
      on: all,
      commands: [`mkdir -p -m 700 ${quoted(folder)}`, ...show(stages.read, true), ...(reloads ? [untilAgreed(path)] : [])],
    },
    ...restarts.map((server) => enabling(draft, server)),
    {
      title: `Only now may a server write that way: ${disables ? 'identity' : writeKey.keyName} first${all.length === 1 ? '' : ', on all nodes'}`,
      on: all,
      commands: [...show(stages.write), untilAgreed(path)],
    },
    ...(rewrite ? [rewritingStep(resources, scope), proving] : []),
    ...(stages.final && rewrite
      ? [
          {
            title:
              retires.length > 0
                ? `Drop ${retires.join(', ')}; what is archived${alsoKms(sockets)} is needed for older snapshots`
                : 'No longer read plaintext',
            on: all,
            commands: [...(retires.length > 0 ? archives(path, 'cp -p') : []), ...show(stages.final), untilAgreed(path)],
          },
        ]
      : []),
    ...(ends ? servers.map((server) => removal(draft, server)) : []),
    {
      title: `Tell kubeadm, or its next upgrade ${ends ? 'brings the flags back' : 'drops the flags'}: ${ends ? 'take out' : 'there must be'}`,
      on: undefined,
      commands: [
        ...kubeadmLines(path, [folder, ...kmsFolders(sockets, folder)]),
        kubectl(['edit', 'configmap', 'kubeadm-config'], {...scope, namespace: 'kube-system'}),
      ],
    },
  ]);
}

const rewritingStep = (resources: readonly string[], scope: KubectlScope): RunbookStep => ({
  title: 'Rewrite what is stored; again where somebody else wrote one of them in between',
  on: undefined,
  commands: resources.map((resource) => {
    const [get, replace] = [kubectl(['get', resource, '-A', '-o', 'json'], scope), kubectl(['replace', '-f', '-'], scope)];
    return `${get} | ${replace} > /dev/null`;
  }),
});

function provingStep({operation, resources, writeKey}: Transaction, {words, on}: Etcdctl, etcdPrefix: string): RunbookStep {
  const disables = operation === 'disable';
  const {provider, keyName} = writeKey;
  const prefix = disables ? 'k8s:enc:' : prefixOfWriteKey({provider, ...(keyName !== undefined && {keyName})});
  const pattern = quoted(`^${prefix.replaceAll(/[.*[\]^$\\]/g, '\\$&')}`);
  return {
    title: `Prove it in etcd: this names every value that is not stored ${disables ? 'in plaintext' : `under ${keyName}`}`,
    on,
    commands: resources.flatMap((resource) => [
      `for key in $(${words} get ${quoted(etcdPathOf(resource, etcdPrefix))} --prefix --keys-only); do`,
      // In plaintext nothing may have a prefix: `&&` tells those that have.
      `  ${words} get "$key" --print-value-only | grep -aq ${pattern} ${disables ? '&&' : '||'} echo "not as it should be: $key"`,
      'done',
    ]),
  };
}

function savingEtcd({words, on}: Etcdctl, node: readonly string[]): RunbookStep[] {
  const title = 'Save etcd; the file holds every Secret as it is stored now';
  if (on !== undefined) return [{title, on, commands: [`(umask 077; ${words} snapshot save ${BACKUP}kops-runbook.db)`]}];
  return [
    {title, on, commands: [`${words} snapshot save ${SNAPSHOT}`]},
    {title: "Take it out of etcd's folder", on: node, commands: [`chmod 600 ${SNAPSHOT} && mv ${SNAPSHOT} ${BACKUP}`]},
  ];
}

const makingKey = (all: readonly string[]): RunbookStep => ({
  title: `Make the new key, once${all.length === 1 ? '' : ', and read it into a variable on every node'}: no command gets it as an argument`,
  on: all,
  commands:
    all.length === 1
      ? ['KEY=$(head -c 32 /dev/urandom | base64)']
      : ['head -c 32 /dev/urandom | base64   # once, on one of them', 'read -rs KEY   # on each; paste it'],
});

const restartOf = (nodes: Transaction['nodes']): string =>
  Object.keys(nodes).length === 1 ? 'The API server restarts' : 'One after the other: only when the one before is ready again';

function enabling({originals, transaction, sockets}: Draft, {name, manifestPath}: Server): RunbookStep {
  const {operation, configurationFile, nodes} = transaction;
  const original = originals.get(name)?.manifest ?? Buffer.alloc(0);
  const {enabled} = manifestsOf(original, operation, configurationFile, sockets);
  return {
    title: `${restartOf(nodes)}: the flags, and what they need mounted`,
    on: [name],
    commands: [
      ...editsManifest(manifestPath, original.toString('utf8'), enabled.toString('utf8'), nodes[name]?.manifest.original ?? ''),
      untilAgreed(configurationFile),
      untilServing,
    ],
  };
}

function removal({originals, transaction, sockets}: Draft, {name, manifestPath}: Server): RunbookStep {
  const {operation, configurationFile, nodes} = transaction;
  const {enabled, final} = manifestsOf(originals.get(name)?.manifest ?? Buffer.alloc(0), operation, configurationFile, sockets);
  return {
    title: `${restartOf(nodes)}: no flags any more, nor what was mounted for them; keep the file${alsoKms(sockets)} for older snapshots`,
    on: [name],
    commands: [
      ...editsManifest(manifestPath, enabled.toString('utf8'), final.toString('utf8'), nodes[name]?.manifest.enabled ?? ''),
      untilWithout,
      untilServing,
      ...archives(configurationFile, 'mv'),
    ],
  };
}

/** Where kops looks which names of keys were used before: none may be used again. */
const archives = (file: string, verb: string): string[] => [
  `mkdir -p -m 700 ${ARCHIVE_FOLDER} && ${verb} ${quoted(file)} ${ARCHIVE_FOLDER}/$(date +%Y%m%d-%H%M%S).yaml`,
];

/** Of kubeadm's v1beta4; its v1beta3 has a map in the place of the first list. */
const kubeadmLines = (file: string, folders: readonly string[]): string[] => [
  '#   apiServer:',
  '#     extraArgs:',
  `#     - {name: ${CONFIG_FLAG}, value: ${file}}`,
  `#     - {name: ${RELOAD_FLAG}, value: "true"}`,
  '#     extraVolumes:',
  ...folders.map(
    (folder, i) =>
      `#     - {name: ${i === 0 ? 'enc' : i === 1 ? 'kms' : `kms-${i}`}, hostPath: ${folder}, mountPath: ${folder}, readOnly: true, pathType: DirectoryOrCreate}`,
  ),
];

const kmsFolders = (sockets: readonly string[], own: string): string[] =>
  [...new Set(sockets.map(folderOfSocket))].filter((folder) => folder !== own);

/** The file has no key of a KMS: what it opens, it opens with the plugin only. */
const alsoKms = (sockets: readonly string[]): string => (sockets.length > 0 ? ', and the KMS,' : '');
