import {stringify} from 'yaml';
import type {LabRecord} from './record.ts';

/** Where a kubelet looks for static pods, as a path on its node. */
export const MANIFESTS = '/etc/kubernetes/manifests';
const PKI = '/etc/kubernetes/pki';
const ETCD_VERSION = '3.7.0-0';

/** The defaults are 20 and 30 requests a second: the controllers' own start alone would take 5 s, a thousand pods 50 s. */
const REQUEST_RATE = [
  ['kube-api-burst', 400],
  ['kube-api-qps', 200],
] as const;

interface StaticPod {
  readonly name: string;
  readonly image: string;
  readonly annotations?: Record<string, string>;
  /** Flags in kubeadm's order. */
  readonly flags: readonly (readonly [flag: string, value: string | number | boolean])[];
  readonly requests: Record<string, string>;
  readonly probe: {readonly scheme: 'HTTP' | 'HTTPS'; readonly port: number; readonly live: string; readonly ready?: string};
  readonly mounts: readonly {readonly name: string; readonly path: string; readonly file?: true; readonly writable?: true}[];
}

/**
 * The static pod manifests of one control plane by file name, as kubeadm would write them; the paths are those of a real node. etcd,
 * the controller manager and the scheduler are on the first control plane only. What differs from kubeadm: ports, no leader election
 * (there is one of each), higher request rates, and no endpoint reconciler, because the API server refuses to publish a loopback address.
 */
export function manifestsOf(record: LabRecord, node: string): ReadonlyMap<string, string> {
  const index = record.controlPlanes.indexOf(node);
  const pods =
    index === 0
      ? [etcd(record, node), apiServer(record, index), controllerManager(record), scheduler(record)]
      : [apiServer(record, index)];
  return new Map(pods.map((pod) => [`${pod.name}.yaml`, manifest(pod)]));
}

function etcd({ports}: LabRecord, node: string): StaticPod {
  const peer = `https://127.0.0.1:${ports.etcdPeer}`;
  const client = `https://127.0.0.1:${ports.etcd}`;
  return {
    name: 'etcd',
    image: `registry.k8s.io/etcd:${ETCD_VERSION}`,
    annotations: {'kubeadm.kubernetes.io/etcd.advertise-client-urls': client},
    flags: [
      ['advertise-client-urls', client],
      ['cert-file', `${PKI}/etcd/server.crt`],
      ['client-cert-auth', true],
      ['data-dir', '/var/lib/etcd'],
      ['feature-gates', 'InitialCorruptCheck=true'],
      ['initial-advertise-peer-urls', peer],
      ['initial-cluster', `${node}=${peer}`],
      ['key-file', `${PKI}/etcd/server.key`],
      ['listen-client-urls', client],
      ['listen-metrics-urls', `http://127.0.0.1:${ports.etcdMetrics}`],
      ['listen-peer-urls', peer],
      ['name', node],
      ['peer-cert-file', `${PKI}/etcd/peer.crt`],
      ['peer-client-cert-auth', true],
      ['peer-key-file', `${PKI}/etcd/peer.key`],
      ['peer-trusted-ca-file', `${PKI}/etcd/ca.crt`],
      ['snapshot-count', 10000],
      ['trusted-ca-file', `${PKI}/etcd/ca.crt`],
      ['watch-progress-notify-interval', '5s'],
    ],
    requests: {cpu: '100m', memory: '100Mi'},
    probe: {scheme: 'HTTP', port: ports.etcdMetrics, live: '/livez', ready: '/readyz'},
    mounts: [
      {name: 'etcd-data', path: '/var/lib/etcd', writable: true},
      {name: 'etcd-certs', path: `${PKI}/etcd`},
    ],
  };
}

function apiServer({kubernetes, ports}: LabRecord, index: number): StaticPod {
  const port = ports.apiServers[index] ?? 0;
  return {
    name: 'kube-apiserver',
    image: `registry.k8s.io/kube-apiserver:${kubernetes}`,
    annotations: {'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint': `127.0.0.1:${port}`},
    flags: [
      ['advertise-address', '127.0.0.1'],
      ['allow-privileged', true],
      ['authorization-mode', 'Node,RBAC'],
      ['bind-address', '127.0.0.1'],
      ['client-ca-file', `${PKI}/ca.crt`],
      ['enable-admission-plugins', 'NodeRestriction'],
      ['enable-bootstrap-token-auth', true],
      ['endpoint-reconciler-type', 'none'],
      ['etcd-cafile', `${PKI}/etcd/ca.crt`],
      ['etcd-certfile', `${PKI}/apiserver-etcd-client.crt`],
      ['etcd-keyfile', `${PKI}/apiserver-etcd-client.key`],
      ['etcd-servers', `https://127.0.0.1:${ports.etcd}`],
      ['kubelet-client-certificate', `${PKI}/apiserver-kubelet-client.crt`],
      ['kubelet-client-key', `${PKI}/apiserver-kubelet-client.key`],
      ['kubelet-preferred-address-types', 'InternalIP,ExternalIP,Hostname'],
      ['proxy-client-cert-file', `${PKI}/front-proxy-client.crt`],
      ['proxy-client-key-file', `${PKI}/front-proxy-client.key`],
      ['requestheader-allowed-names', 'front-proxy-client'],
      ['requestheader-client-ca-file', `${PKI}/front-proxy-ca.crt`],
      ['requestheader-extra-headers-prefix', 'X-Remote-Extra-'],
      ['requestheader-group-headers', 'X-Remote-Group'],
      ['requestheader-username-headers', 'X-Remote-User'],
      ['secure-port', port],
      ['service-account-issuer', 'https://kubernetes.default.svc.cluster.local'],
      ['service-account-key-file', `${PKI}/sa.pub`],
      ['service-account-signing-key-file', `${PKI}/sa.key`],
      ['service-cluster-ip-range', '10.96.0.0/16'],
      ['tls-cert-file', `${PKI}/apiserver.crt`],
      ['tls-private-key-file', `${PKI}/apiserver.key`],
    ],
    requests: {cpu: '250m'},
    probe: {scheme: 'HTTPS', port, live: '/livez', ready: '/readyz'},
    mounts: [
      {name: 'ca-certs', path: '/etc/ssl/certs'},
      {name: 'k8s-certs', path: PKI},
    ],
  };
}

function controllerManager({name, kubernetes, ports}: LabRecord): StaticPod {
  const conf = '/etc/kubernetes/controller-manager.conf';
  return {
    name: 'kube-controller-manager',
    image: `registry.k8s.io/kube-controller-manager:${kubernetes}`,
    flags: [
      ['allocate-node-cidrs', true],
      ['authentication-kubeconfig', conf],
      ['authorization-kubeconfig', conf],
      ['bind-address', '127.0.0.1'],
      ['client-ca-file', `${PKI}/ca.crt`],
      ['cluster-cidr', '10.244.0.0/16'],
      ['cluster-name', name],
      ['cluster-signing-cert-file', `${PKI}/ca.crt`],
      ['cluster-signing-key-file', `${PKI}/ca.key`],
      ['controllers', '*,bootstrapsigner,tokencleaner'],
      ...REQUEST_RATE,
      ['kubeconfig', conf],
      ['leader-elect', false],
      ['requestheader-client-ca-file', `${PKI}/front-proxy-ca.crt`],
      ['root-ca-file', `${PKI}/ca.crt`],
      ['secure-port', ports.controllerManager],
      ['service-account-private-key-file', `${PKI}/sa.key`],
      ['service-cluster-ip-range', '10.96.0.0/16'],
      ['use-service-account-credentials', true],
    ],
    requests: {cpu: '200m'},
    probe: {scheme: 'HTTPS', port: ports.controllerManager, live: '/healthz'},
    mounts: [
      {name: 'ca-certs', path: '/etc/ssl/certs'},
      {name: 'k8s-certs', path: PKI},
      {name: 'kubeconfig', path: conf, file: true},
    ],
  };
}

function scheduler({kubernetes, ports}: LabRecord): StaticPod {
  const conf = '/etc/kubernetes/scheduler.conf';
  return {
    name: 'kube-scheduler',
    image: `registry.k8s.io/kube-scheduler:${kubernetes}`,
    flags: [
      ['authentication-kubeconfig', conf],
      ['authorization-kubeconfig', conf],
      ['bind-address', '127.0.0.1'],
      ...REQUEST_RATE,
      ['kubeconfig', conf],
      ['leader-elect', false],
      ['secure-port', ports.scheduler],
    ],
    requests: {cpu: '100m'},
    probe: {scheme: 'HTTPS', port: ports.scheduler, live: '/livez', ready: '/readyz'},
    mounts: [{name: 'kubeconfig', path: conf, file: true}],
  };
}

function manifest({name, image, annotations, flags, requests, probe, mounts}: StaticPod): string {
  const probing = (path: string, times: Record<string, number>) => ({
    ...times,
    httpGet: {host: '127.0.0.1', path, port: 'probe-port', scheme: probe.scheme},
    timeoutSeconds: 15,
  });
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...(annotations && {annotations}),
        labels: {component: name, tier: 'control-plane'},
        name,
        namespace: 'kube-system',
      },
      spec: {
        containers: [
          {
            command: [name, ...flags.map(([flag, value]) => `--${flag}=${value}`)],
            image,
            imagePullPolicy: 'IfNotPresent',
            livenessProbe: probing(probe.live, {failureThreshold: 8, initialDelaySeconds: 10, periodSeconds: 10}),
            name,
            ports: [{containerPort: probe.port, name: 'probe-port', protocol: 'TCP'}],
            ...(probe.ready && {readinessProbe: probing(probe.ready, {failureThreshold: 3, periodSeconds: 1})}),
            resources: {requests},
            startupProbe: probing(probe.live, {failureThreshold: 24, initialDelaySeconds: 10, periodSeconds: 10}),
            volumeMounts: mounts.map((mount) => ({
              mountPath: mount.path,
              name: mount.name,
              ...(!mount.writable && {readOnly: true}),
            })),
          },
        ],
        hostNetwork: true,
        priority: 2000001000,
        priorityClassName: 'system-node-critical',
        securityContext: {seccompProfile: {type: 'RuntimeDefault'}},
        volumes: mounts.map((mount) => ({
          hostPath: {path: mount.path, type: mount.file ? 'FileOrCreate' : 'DirectoryOrCreate'},
          name: mount.name,
        })),
      },
      status: {},
    },
    {lineWidth: 0},
  );
}
