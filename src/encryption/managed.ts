import type {V1Node} from '@kubernetes/client-node';
import type {Json} from '../kube/json.ts';
import {ExitCode, Problem} from '../problem.ts';

/** A way to run Kubernetes in which encryption at rest is not a matter of the kube-apiserver's manifest. */
interface OwnWay {
  readonly name: string;
  readonly has: (node: Json<V1Node>) => boolean;
  /** How encryption is done there: what kops would otherwise say to do next. */
  readonly way: string;
}

const labelled =
  (start: string) =>
  ({metadata}: Json<V1Node>): boolean =>
    Object.keys(metadata?.labels ?? {}).some((label) => label.startsWith(start));
const kubelet =
  (mark: string) =>
  ({status}: Json<V1Node>): boolean =>
    status?.nodeInfo?.kubeletVersion.includes(mark) ?? false;
const cloud =
  (scheme: string) =>
  ({spec}: Json<V1Node>): boolean =>
    spec?.providerID?.startsWith(`${scheme}://`) ?? false;
const image =
  (mark: string) =>
  ({status}: Json<V1Node>): boolean =>
    status?.nodeInfo?.osImage.includes(mark) ?? false;

const any =
  (...tests: readonly OwnWay['has'][]): OwnWay['has'] =>
  (node) =>
    tests.some((test) => test(node));

/** The provider runs the control plane, and none of its nodes is in the cluster. */
const MANAGED: readonly OwnWay[] = [
  {
    name: 'Amazon EKS',
    has: any(labelled('eks.amazonaws.com/'), labelled('alpha.eksctl.io/'), kubelet('-eks-')),
    way: 'EKS encrypts by itself since Kubernetes 1.28; with a key of your own: aws eks associate-encryption-config --cluster-name NAME --encryption-config …',
  },
  {
    name: 'Google GKE',
    has: any(labelled('cloud.google.com/gke-'), kubelet('-gke.')),
    way: 'with a key of your own: gcloud container clusters update NAME --database-encryption-key KEY',
  },
  {
    name: 'Azure AKS',
    has: labelled('kubernetes.azure.com/'),
    way: 'with a key of your own: az aks update --name NAME --resource-group GROUP --enable-azure-keyvault-kms --azure-keyvault-kms-key-id ID',
  },
  {
    name: 'DigitalOcean DOKS',
    has: any(labelled('doks.digitalocean.com/'), cloud('digitalocean')),
    way: "DOKS has no setting for it: its disks are encrypted, the objects in its etcd are the provider's matter",
  },
  {name: 'Linode LKE', has: labelled('lke.linode.com/'), way: "LKE has no setting for it: its etcd is the provider's matter"},
  {
    name: 'Oracle OKE',
    has: any(labelled('oke.oraclecloud.com/'), labelled('oci.oraclecloud.com/')),
    way: 'with a key of your own, when the cluster is made: oci ce cluster create --kms-key-id OCID',
  },
  {
    name: 'IBM Cloud Kubernetes Service',
    has: labelled('ibm-cloud.kubernetes.io/'),
    way: 'ibmcloud ks kms enable --cluster NAME --instance-id ID --crk KEY',
  },
];

/** Its control-plane nodes are in the cluster, and something other than kubeadm's manifests configures them. */
const DISTRIBUTIONS: readonly OwnWay[] = [
  {name: 'k3s', has: kubelet('+k3s'), way: 'k3s secrets-encrypt status, on a server'},
  {name: 'RKE2', has: kubelet('+rke2'), way: 'rke2 secrets-encrypt status, on a server'},
  {name: 'k0s', has: kubelet('+k0s'), way: 'set spec.api.extraArgs in its configuration'},
  {
    name: 'OpenShift',
    has: labelled('node.openshift.io/'),
    way: `oc patch apiserver cluster --type merge -p '{"spec":{"encryption":{"type":"aesgcm"}}}'`,
  },
  {
    name: 'Talos Linux',
    has: image('Talos'),
    way: 'cluster.secretboxEncryptionSecret of the machine configuration; it is set from the start',
  },
  {name: 'MicroK8s', has: labelled('microk8s.io/'), way: 'add the flag to /var/snap/microk8s/current/args/kube-apiserver'},
];

export const CONTROL_PLANE_LABEL = 'node-role.kubernetes.io/control-plane';

/**
 * Why kops does not see to the encryption of a cluster with these nodes; undefined where it does. The Problem names the way that its
 * provider or distribution has.
 */
export function elsewhere(nodes: readonly Json<V1Node>[], context: string): Problem | undefined {
  const controlPlanes = nodes.filter(({metadata}) => metadata?.labels?.[CONTROL_PLANE_LABEL] !== undefined);
  const found = (ways: readonly OwnWay[]) => ways.find(({has}) => nodes.some(has));
  const distribution = found(DISTRIBUTIONS);
  if (distribution) {
    return refusal(
      `${context} is a cluster of ${distribution.name}, which keeps its encryption by its own means`,
      distribution.way,
    );
  }
  if (controlPlanes.length > 0) return undefined;
  const managed = found(MANAGED);
  return new Problem(
    managed
      ? `${context} is a cluster of ${managed.name}: nobody but the provider reaches its control plane`
      : `${context} has no control-plane node`,
    {
      why: `none of its ${nodes.length} nodes has the label ${CONTROL_PLANE_LABEL}, so there is no manifest to change and no etcd to read`,
      next: managed?.way ?? "if a provider runs the control plane: turn encryption on by the provider's own means",
      exitCode: ExitCode.noAccess,
    },
  );
}

const refusal = (what: string, next: string): Problem =>
  new Problem(what, {
    why: 'its kube-apiserver does not run from a manifest of kubeadm that kops could change',
    next,
    exitCode: ExitCode.noAccess,
  });
