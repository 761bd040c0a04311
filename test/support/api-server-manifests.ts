import {readFileSync} from 'node:fs';
import {parseAllDocuments} from 'yaml';
import {manifestsOf} from '../../src/lab/embedded/manifests.ts';
import {record} from '../lab/embedded/record.ts';

/** As kubeadm wrote it on a kind node, v1.37.2. */
export const kubeadm = readFileSync('test/fixtures/encryption/kube-apiserver.txt', 'utf8');
export const CONFIG = '/etc/kubernetes/enc/encryption.yaml';
export const FLAGS = [`--encryption-provider-config=${CONFIG}`, '--encryption-provider-config-automatic-reload=true'];

interface Container {
  readonly name?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly volumeMounts?: readonly {readonly name: string; readonly mountPath: string; readonly readOnly?: boolean}[];
}
interface Pod {
  readonly spec: {
    readonly containers: readonly Container[];
    readonly volumes?: readonly {readonly name: string; readonly hostPath?: {readonly path: string; readonly type?: string}}[];
  };
}
export const podOf = (text: string): Pod => {
  const [document] = parseAllDocuments(text, {version: '1.1'});
  return document?.toJS() as Pod;
};
export const serverOf = (text: string): Container => {
  const {containers} = podOf(text).spec;
  const server = containers.find(({name}) => name === 'kube-apiserver') ?? containers[0];
  if (server === undefined) throw new Error('no container');
  return server;
};
export const wordsOf = (text: string): readonly string[] => {
  const {command = [], args = []} = serverOf(text);
  return [...command, ...args];
};
/** The folder that a mount of the API server's container shows at CONFIG's. */
export const mounted = (text: string) => {
  const mount = serverOf(text).volumeMounts?.find(({mountPath}) => mountPath === '/etc/kubernetes/enc');
  return mount && {readOnly: mount.readOnly, ...podOf(text).spec.volumes?.find(({name}) => name === mount.name)?.hostPath};
};
const [labManifest = ''] = [manifestsOf(record, record.controlPlanes[0] ?? '').get('kube-apiserver.yaml')];
export const minimal = `apiVersion: v1
kind: Pod
metadata:
  name: kube-apiserver
  namespace: kube-system
spec:
  containers:
  - name: kube-apiserver
    image: registry.k8s.io/kube-apiserver:v1.37.2
    command: [kube-apiserver, --secure-port=6443]
`;
const commented = `# kept by the platform team: ask before you touch it
apiVersion: v1 # the only one
kind: Pod

metadata:
      name:   kube-apiserver      # odd spaces
      namespace: "kube-system"
      annotations: {note: 'a: b', "list": '[1, 2]'}
spec:
      # the one container
      containers:
              -   name: 'kube-apiserver'
                  image: "registry.k8s.io/kube-apiserver:v1.37.2"
                  command:
                      # first the program
                      -   kube-apiserver   # from the image

                      -   "--secure-port=6443"
                      -   '--allow-privileged=true' # needed by the CNI
                      # the end of the flags
                  volumeMounts:
                      # certificates
                      - {name: certs, mountPath: /etc/kubernetes/pki, readOnly: yes}
                      # no more mounts
                  # the end of the container
      hostNetwork: on   # YAML 1.1
      volumes:
              - name: certs
                hostPath: {path: /etc/kubernetes/pki}
      # the end of the spec
# the end
`;

/** All of them a kubelet takes, with nothing of encryption in them. */
export const plainManifests: readonly (readonly [name: string, text: string])[] = [
  ['of kubeadm', kubeadm],
  ['of kubeadm up to 1.33, with creationTimestamp', kubeadm.replace('metadata:\n', 'metadata:\n  creationTimestamp: null\n')],
  ['of the embedded lab', labManifest],
  ['without mounts and volumes', minimal],
  ['with comments and odd indentation', commented],
  ['with line breaks of Windows', kubeadm.replaceAll('\n', '\r\n')],
  ['with comments and line breaks of Windows', commented.replaceAll('\n', '\r\n')],
  ['with a byte order mark', `\ufeff${kubeadm}`],
  ['without a line break at its end', kubeadm.trimEnd()],
  ['that ends with its volumes', kubeadm.replace(/status: \{\}\n$/, '').trimEnd()],
  ['with volumes: null', kubeadm.replace(/ {2}volumes:\n[\s\S]*(?=status:)/, '  volumes: null # none\n')],
  ['with an empty volumes:', kubeadm.replace(/ {2}volumes:\n[\s\S]*(?=status:)/, '  volumes:   # none yet\n')],
  ['with volumes: []', kubeadm.replace(/ {2}volumes:\n[\s\S]*(?=status:)/, '  volumes: []\n')],
  ['with volumeMounts: []', kubeadm.replace(/ {4}volumeMounts:\n[\s\S]*(?= {2}hostNetwork:)/, '    volumeMounts: []\n')],
  ['without volumeMounts', kubeadm.replace(/ {4}volumeMounts:\n[\s\S]*(?= {2}hostNetwork:)/, '')],
  ['with flags in args', kubeadm.replace('    - kube-apiserver\n', '    - kube-apiserver\n    args:\n')],
  ['with args alone', kubeadm.replace('  - command:\n    - kube-apiserver\n', '  - args:\n')],
  ['with the program alone in command', `${minimal.replace(', --secure-port=6443', '')}    args: []\n`],
  ['with neither command nor args', minimal.replace(/ {4}command: .*\n/, '')],
  ['with a path to the program', kubeadm.replace('- kube-apiserver\n', '- /usr/local/bin/kube-apiserver\n')],
  ['with quoted flags', kubeadm.replaceAll(/- (--.*)/g, '- "$1"')],
  ['with flags and values apart', kubeadm.replaceAll(/- (--[a-z-]+)=(.+)/g, "- $1\n    - '$2'")],
  [
    'with flags in a flow of several lines',
    minimal.replace(
      '[kube-apiserver, --secure-port=6443]',
      '[\n      kube-apiserver,\n      --secure-port=6443, # 443 is taken\n    ]',
    ),
  ],
  [
    'with anchors of its own',
    kubeadm
      .replace('name: ca-certs\n      readOnly: true', 'name: &ca ca-certs\n      readOnly: true')
      .replace('    name: ca-certs\n  - hostPath', '    name: *ca\n  - hostPath'),
  ],
  ['with an alias for the volumes', `${minimal}    volumeMounts: &none []\n  volumes: *none\n`],
  [
    'with a command that another container shares',
    minimal
      .replace('command: [', 'command: &command [')
      .replace('containers:\n', 'containers:\n  - {name: idle, image: busybox, command: [sleep]}\n') +
      '  initContainers:\n  - {name: check, image: busybox, command: *command}\n',
  ],
  [
    'beside a sidecar before it',
    minimal.replace(
      'containers:\n',
      'containers:\n  - name: proxy\n    image: haproxy\n    volumeMounts:\n    - {name: x, mountPath: /etc/kubernetes/enc}\n',
    ),
  ],
  [
    'with a volume of that name for something else',
    `${minimal}  volumes:\n  - name: enc\n    emptyDir: {}\n  - name: enc-2\n    hostPath: {path: /srv}\n`,
  ],
  ['with a document separator', `---\n${kubeadm}---\n`],
  ['as JSON', `${JSON.stringify(podOf(kubeadm), null, 2)}\n`],
  ['as JSON on one line', JSON.stringify(podOf(kubeadm))],
  ['as JSON with tabs', JSON.stringify(podOf(minimal), null, '\t')],
  [
    'as one YAML flow',
    `{apiVersion: v1, kind: Pod, spec: {containers: [{name: kube-apiserver, image: x}]}}\n`.replace('{a', '---\n{a'),
  ],
];
