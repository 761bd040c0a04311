import {ExitCode, Problem} from '../problem.ts';
import {quoted} from '../text/kubectl.ts';
import {nearest} from '../text/nearest.ts';
import {
  type EncryptionConfiguration,
  emptyConfiguration,
  hashOf,
  type KeyedProvider,
  newKey,
  type Provider,
  promote,
  renderConfiguration,
  withReadProvider,
} from './configuration/configuration.ts';
import {nextKeyName} from './configuration/key-names.ts';
import {endpointFlaw} from './configuration/kms.ts';
import {resourceFlaw} from './configuration/resources.ts';

export const generatedProviders = ['secretbox', 'aescbc', 'aesgcm', 'kms'] as const satisfies readonly (KeyedProvider | 'kms')[];
export type GeneratedProvider = (typeof generatedProviders)[number];

export interface GenerateOptions {
  readonly provider: GeneratedProvider;
  /** `secrets`, `widgets.example.com`, `*.apps` … */
  readonly resources: readonly string[];
  /** Of a KMS: the provider's name. */
  readonly keyName: string | undefined;
  /** Of a KMS: the plugin's socket, `unix:///…`. */
  readonly kmsEndpoint: string | undefined;
  readonly now: Date;
  readonly random: (bytes: number) => Buffer;
}

/** A new EncryptionConfiguration, without its key. */
export interface GeneratedConfiguration {
  readonly kind: 'GeneratedConfiguration';
  readonly provider: GeneratedProvider;
  readonly keyName: string;
  readonly resources: readonly string[];
  /** Why this provider, or what to know of it; one sentence. */
  readonly reason: string;
  /** What an API server that runs with this file reports. */
  readonly configHash: string;
  /** Null where it went to standard output. */
  readonly file: string | null;
  /** What is wrong with where the file is. */
  readonly warnings: readonly string[];
  /** What else the API server needs before it can start with this file. */
  readonly notes: readonly string[];
}

/** Strength by Kubernetes' own table of providers: https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#providers */
const REASONS: Readonly<Record<GeneratedProvider, string>> = {
  secretbox:
    'it also proves that nobody changed a value, one key is good for any number of writes, and no other service must run',
  aescbc: 'it is what much is written about, but Kubernetes advises against it: nothing in it shows that a value was changed',
  aesgcm: 'it is fast, but Kubernetes advises to rotate its key every 200,000 writes: kops encrypt-at-rest rotate',
  kms: 'the key that protects all others never is on the control plane, so that neither a stolen disk nor a backup opens anything',
};

/**
 * Makes the text of an EncryptionConfiguration that encrypts what is written from now on, and still reads plaintext. Rejects what the API
 * server would not start with.
 */
export function generateConfiguration(options: GenerateOptions): {
  readonly text: string;
  readonly report: GeneratedConfiguration;
} {
  const {provider, resources} = options;
  checkResources(resources);
  const [entry, name] = providerEntry(options);
  const configuration: EncryptionConfiguration = promote(withReadProvider(emptyConfiguration, resources, entry), resources, name);
  const text = renderConfiguration(configuration);
  const report: GeneratedConfiguration = {
    kind: 'GeneratedConfiguration',
    provider,
    keyName: name,
    resources,
    reason: REASONS[provider],
    configHash: hashOf(Buffer.from(text)),
    file: null,
    warnings: [],
    notes: entry.type === 'kms' ? [`the plugin must run on every control-plane node, at ${entry.endpoint}, before setup`] : [],
  };
  return {text, report};
}

/** What does the same in a shell, with a key that is made there. */
export function generateCommands(options: Omit<GenerateOptions, 'random'>, file: string | undefined): string[] {
  const placeholder = Buffer.alloc(32);
  const {text, report} = generateConfiguration({...options, random: () => placeholder});
  const inShell = text.replaceAll(/[\\$`]/g, '\\$&').replaceAll(placeholder.toString('base64'), '$KEY');
  const cat = `cat${file === undefined ? '' : ` > ${quoted(file)}`} <<EOF\n${inShell}EOF`;
  return [
    ...(report.provider === 'kms' ? [] : ['KEY=$(head -c 32 /dev/urandom | base64)']),
    file === undefined ? cat : `(umask 077; ${cat}\n)`,
  ];
}

function providerEntry({provider, keyName, kmsEndpoint, now, random}: GenerateOptions): [entry: Provider, name: string] {
  if (provider !== 'kms') {
    if (kmsEndpoint !== undefined) throw usage('--kms-endpoint is for --provider kms', `${provider} keeps its key in the file`);
    const name = keyName ?? nextKeyName(now, []);
    return [{type: provider, keys: [newKey(name, random)]}, name];
  }
  const name = keyName ?? 'kms';
  if (kmsEndpoint === undefined) {
    throw usage(
      '--provider kms needs --kms-endpoint',
      'the API server must know at which socket the KMS plugin listens, for example unix:///run/kms/plugin.sock',
    );
  }
  const flaw = endpointFlaw(kmsEndpoint);
  if (flaw) throw usage(`--kms-endpoint cannot be ${kmsEndpoint}`, `it ${flaw}`);
  return [{type: 'kms', apiVersion: 'v2', name, endpoint: kmsEndpoint, timeout: '3s'}, name];
}

/** Resources that people encrypt, by which a slip is told: the API server takes any name, and encrypts nothing under a wrong one. */
const COMMON = ['secrets', 'configmaps', 'events', 'pods', 'serviceaccounts', 'persistentvolumeclaims'];

function checkResources(resources: readonly string[]): void {
  if (resources.length === 0)
    throw usage('--resources names nothing', 'it is a list like secrets,configmaps,widgets.example.com');
  for (const resource of resources) {
    const flaw = /^[a-z0-9.*-]+$/i.test(resource) ? resourceFlaw(resource) : 'is not the name of a resource';
    if (flaw) throw usage(`--resources cannot be ${resource}`, `an entry ${flaw}`);
    const meant = COMMON.includes(resource) ? undefined : nearest(resource, COMMON);
    if (meant) throw usage(`--resources cannot be ${resource}`, `the API server knows no such resource: did you mean ${meant}?`);
  }
}

const usage = (what: string, why: string): Problem =>
  new Problem(what, {why, next: 'kops encrypt-at-rest generate --help', exitCode: ExitCode.usage});
