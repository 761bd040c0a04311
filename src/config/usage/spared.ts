import type {KubeObject} from '../../kube/json.ts';
import type {ConfigResource} from './collect.ts';

/** Namespaces whose programs read ConfigMaps and Secrets through the API, by name. */
const SYSTEM = new Set(['kube-system', 'kube-public', 'kube-node-lease']);

/** Published into each namespace by a controller, which puts it back. */
const PUBLISHED = new Set(['kube-root-ca.crt', 'istio-ca-root-cert', 'openshift-service-ca.crt']);

interface Known {
  readonly resource?: ConfigResource;
  readonly applies: (metadata: NonNullable<KubeObject['metadata']>) => string | undefined | false;
}

/** Why an object that no pod refers to is of use all the same. In the order of how much each says. */
const known: readonly Known[] = [
  {applies: ({name = ''}) => PUBLISHED.has(name) && 'a controller publishes it in every namespace'},
  {resource: 'secrets', applies: ({annotations = {}}) => tokenOf(annotations['kubernetes.io/service-account.name'])},
  {
    resource: 'secrets',
    applies: ({name = '', namespace}) =>
      namespace === 'kube-system' && name.startsWith('bootstrap-token-') && 'nodes join with it',
  },
  {
    applies: ({name = '', labels = {}}) =>
      (labels.owner === 'helm' || labels.OWNER === 'TILLER' || name.startsWith('sh.helm.release.')) &&
      `helm keeps ${labels.name ? `its release ${labels.name}` : 'a release'} in it`,
  },
  {applies: ({annotations = {}}) => 'control-plane.alpha.kubernetes.io/leader' in annotations && 'a leader is elected with it'},
  {
    applies: ({ownerReferences = []}) => {
      const owner = ownerReferences.find(({controller}) => controller) ?? ownerReferences[0];
      return owner && `${owner.kind.toLowerCase()}/${owner.name} owns it`;
    },
  },
  {
    resource: 'secrets',
    applies: ({annotations = {}}) =>
      'cert-manager.io/certificate-name' in annotations && 'cert-manager keeps a certificate in it',
  },
  {
    resource: 'secrets',
    applies: ({labels = {}}) => 'sealedsecrets.bitnami.com/sealed-secrets-key' in labels && 'SealedSecrets are opened with it',
  },
  {applies: ({namespace = ''}) => SYSTEM.has(namespace) && `programs of ${namespace} read objects by name`},
];

const tokenOf = (account: string | undefined): string | undefined =>
  account === undefined ? undefined : `a token of serviceaccount/${account}`;

/** Undefined where nothing speaks for it. */
export function spareReason(resource: ConfigResource, {metadata = {}}: KubeObject): string | undefined {
  for (const {resource: only, applies} of known) {
    const reason = (only ?? resource) === resource && applies(metadata);
    if (reason) return reason;
  }
  return undefined;
}
