import type {V1Secret} from '@kubernetes/client-node';
import type {Json} from '../../kube/json.ts';
import {parseObject} from '../../kube/json.ts';
import {invalid} from './invalid.ts';
import type {Entry} from './keys.ts';
import {checkPair, sshKeyFlaw} from './pem.ts';
import type {Source} from './sources.ts';

export const SecretType = {
  opaque: 'Opaque',
  tls: 'kubernetes.io/tls',
  dockerConfigJson: 'kubernetes.io/dockerconfigjson',
  basicAuth: 'kubernetes.io/basic-auth',
  sshAuth: 'kubernetes.io/ssh-auth',
  serviceAccountToken: 'kubernetes.io/service-account-token',
} as const satisfies Record<string, NonNullable<Json<V1Secret>['type']>>;

export const DOCKER_CONFIG_KEY = '.dockerconfigjson';
/** Names the ServiceAccount of a token. */
export const SERVICE_ACCOUNT_ANNOTATION = 'kubernetes.io/service-account.name';

interface Typed {
  readonly type?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Throws a Problem where a Secret lacks what its type asks for. Source: ValidateSecret of the API server. */
export function checkType({type, annotations = {}}: Typed, entries: readonly Entry[]): void {
  const find = (key: string) => entries.find((entry) => entry.key === key)?.value;
  const missing = (...keys: string[]) => keys.filter((key) => find(key) === undefined);
  switch (type) {
    case SecretType.tls:
      for (const key of missing('tls.crt', 'tls.key'))
        throw lacks(type, key, 'use kops secret create tls, which takes --cert and --key');
      return;
    case SecretType.basicAuth:
      if (missing('username', 'password').length === 2)
        throw lacks(type, 'username or password', 'name them: --username USER, --prompt password');
      return;
    case SecretType.sshAuth:
      if (!find('ssh-privatekey')?.length)
        throw lacks(type, 'ssh-privatekey that is not empty', 'name it: --ssh-privatekey FILE');
      return;
    case SecretType.serviceAccountToken:
      if (!annotations[SERVICE_ACCOUNT_ANNOTATION])
        throw invalid(
          `a Secret of type ${type} names a ServiceAccount`,
          `the annotation ${SERVICE_ACCOUNT_ANNOTATION} does that, and is missing`,
          'kops secret create service-account-token NAME --service-account ACCOUNT',
        );
      return;
    case SecretType.dockerConfigJson:
      checkRegistryJson(type, DOCKER_CONFIG_KEY, find(DOCKER_CONFIG_KEY));
      return;
    case 'kubernetes.io/dockercfg':
      checkRegistryJson(type, '.dockercfg', find('.dockercfg'));
  }
}

const lacks = (type: string, key: string, next: string) =>
  invalid(`a Secret of type ${type} needs the key ${key}`, 'the API server takes none without it', next);

/** No word of the parser's: it quotes the text, which holds passwords. */
function checkRegistryJson(type: string, key: string, value: Buffer | undefined): void {
  if (value === undefined) throw lacks(type, key, `name a file: --from-file ${key}=config.json`);
  const parsed = parseObject(value.toString('utf8'));
  if (parsed === undefined || Array.isArray(parsed))
    throw invalid(
      `${key} is not a JSON object`,
      `a Secret of type ${type} holds what docker login writes`,
      'check it with: jq . FILE; or give --docker-server, --docker-username and --docker-password-stdin',
    );
}

/** What a registry's configuration lacks for a kubelet to pull with it, though the API server takes it. */
export function registryWarnings(entries: readonly Entry[]): string[] {
  const value = entries.find(({key}) => key === DOCKER_CONFIG_KEY)?.value.toString('utf8') ?? '';
  const {
    auths = {},
    credsStore,
    credHelpers,
  } = (parseObject(value) ?? {}) as {
    auths?: Record<string, {auth?: string; password?: string; identitytoken?: string} | null>;
    credsStore?: string;
    credHelpers?: object;
  };
  const usable = Object.values(auths ?? {}).some((entry) => entry?.auth || entry?.password || entry?.identitytoken);
  if (usable) return [];
  const elsewhere = credsStore || credHelpers ? ': they are with a credential helper of this machine' : '';
  return [`no registry in ${DOCKER_CONFIG_KEY} has credentials${elsewhere}; a kubelet cannot pull with it`];
}

/** What `kops secret create tls` makes of its two files. */
export const tlsSources = (certificate: string, key: string): Source[] => [
  {via: 'file', key: 'tls.crt', path: certificate},
  {via: 'file', key: 'tls.key', path: key},
];

/** Throws a Problem where key and certificate are no pair. */
export function checkTls(entries: readonly Entry[]): string[] {
  const [certificate, key] = ['tls.crt', 'tls.key'].map((name) => entries.find((entry) => entry.key === name));
  if (certificate && key) checkPair(certificate.value, key.value, {certificate: certificate.origin, key: key.origin});
  return [];
}

/** Throws a Problem where the key is the public one; warns where ssh would not take it. */
export function checkSsh(entries: readonly Entry[]): string[] {
  const entry = entries.find(({key}) => key === 'ssh-privatekey');
  if (entry === undefined || entry.value.length === 0) return [];
  const flaw = sshKeyFlaw(entry.value);
  if (flaw === 'public')
    throw invalid(
      `${entry.origin} is a public key`,
      'the private one is needed',
      `name the file without .pub: --ssh-privatekey ${entry.origin.replace(/\.pub$/, '')}`,
    );
  return flaw === undefined ? [] : [`ssh will not take ssh-privatekey, from ${entry.origin}: ${SSH_FLAWS[flaw]}`];
}

const SSH_FLAWS = {
  'no key': 'it is no private key in PEM',
  'carriage returns': 'its lines end with carriage returns',
  'no final newline': 'its last line does not end with a newline',
};
