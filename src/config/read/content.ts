import {encodedTwice} from './base64.ts';
import {type Certificate, certificateOf} from './certificate.ts';
import type {Decoded} from './decode.ts';
import {type HelmRelease, helmReleaseOf} from './helm-release.ts';
import {type KubeconfigSummary, kubeconfigOf} from './kubeconfig.ts';
import {endsWithNewline} from './newline.ts';
import {pairsOf} from './pairs.ts';
import {type PrivateKey, privateKeyOf} from './private-key.ts';
import {type RegistryLogins, registryLoginsOf} from './registry-logins.ts';
import {type Token, tokenOf} from './token.ts';

export interface Text {
  readonly is: 'text';
  /** Of one line: whether it ends with a newline, which the eye does not see and a password does not have. */
  readonly endsWithNewline: boolean;
}

export interface Binary {
  readonly is: 'binary';
  readonly bytes: number;
}

/** A text that was encoded once too often. */
export interface EncodedTwice {
  readonly is: 'encoded twice';
  /** What it is behind that. */
  readonly text: string;
}

export type Content =
  | Text
  | Binary
  | EncodedTwice
  | Certificate
  | PrivateKey
  | RegistryLogins
  | Token
  | HelmRelease
  | KubeconfigSummary;

/** What was decoded, and what each value is. */
export type Described<D extends Decoded = Decoded> = D & {readonly contents: Readonly<Record<string, Content>>};

type Recogniser = (text: string, key: string) => Content | undefined | Promise<Content | undefined>;

/** In this order: a kubeconfig may hold certificates and keys, and a text with both is told by its certificate. */
const recognisers: readonly Recogniser[] = [
  kubeconfigOf,
  certificateOf,
  privateKeyOf,
  registryLoginsOf,
  tokenOf,
  helmReleaseOf,
  encodedTwiceOf,
];

/** What a text is, by itself and by the name of its key. */
async function contentOf(text: string, key: string): Promise<Content> {
  for (const recognise of recognisers) {
    const content = await recognise(text, key);
    if (content !== undefined) return content;
  }
  return {is: 'text', endsWithNewline: endsWithNewline(text)};
}

export async function describe<D extends Decoded>(decoded: D): Promise<Described<D>> {
  const contents: [string, Content][] = [];
  for (const [key, text] of Object.entries(decoded.data)) contents.push([key, await contentOf(text, key)]);
  for (const [key, base64] of Object.entries(decoded.binary))
    contents.push([key, {is: 'binary', bytes: Buffer.byteLength(base64, 'base64')}]);
  return {...decoded, contents: withPairs(Object.fromEntries(contents), decoded)};
}

/** Private keys, beside the certificates of the same name. */
function withPairs(contents: Readonly<Record<string, Content>>, {data}: Decoded): Readonly<Record<string, Content>> {
  const paired = pairsOf(data).flatMap(({key, certificates: [certificate], fits}) => {
    const content = contents[key];
    return content?.is === 'private key' ? [[key, {...content, fits, certificate}] as const] : [];
  });
  return paired.length === 0 ? contents : {...contents, ...Object.fromEntries(paired)};
}

function encodedTwiceOf(text: string): EncodedTwice | undefined {
  const inner = encodedTwice(text);
  return inner === undefined ? undefined : {is: 'encoded twice', text: inner};
}
