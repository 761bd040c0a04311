import type {V1ConfigMap, V1Secret} from '@kubernetes/client-node';
import type {Json} from '../../kube/json.ts';
import {typeWord} from '../../text/type-word.ts';

/** What the kubelet finds of a ConfigMap or Secret: `data` alone, `binaryData` never. */
export type Found =
  | {readonly state: 'there'; readonly data: ReadonlyMap<string, Datum>; readonly binaryKeys: readonly string[]}
  | {readonly state: 'missing'}
  /** Nobody may read it, or no file has it. */
  | {readonly state: 'unknown'; readonly why: string};

export interface Datum {
  readonly text: string;
  /** What is wrong with it. `fatal`: no container starts with it. */
  readonly flaw?: {readonly message: string; readonly fatal: boolean; readonly fix?: string};
}

export const foundConfigMap = ({data, binaryData}: Json<V1ConfigMap>): Found => ({
  state: 'there',
  data: new Map(Object.entries(data ?? {}).map(([key, text]) => [key, datumOfText(text)])),
  binaryKeys: Object.keys(binaryData ?? {}),
});

/** Of a cluster or of a manifest, where `stringData` counts and `data` may be no base64 at all. */
export function foundSecret({data, stringData}: Json<V1Secret>): Found {
  const encoded = Object.entries(data ?? {}).map(([key, base64]): [string, Datum] => [key, decoded(base64)]);
  const texts = Object.entries(stringData ?? {}).map(([key, text]): [string, Datum] => [key, datumOfText(text)]);
  return {state: 'there', data: new Map([...encoded, ...texts]), binaryKeys: []};
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A manifest may have a number there. */
function notText(value: unknown): Datum {
  const message = `its value is ${typeWord(value)}, and one of these is text: the API server refuses it`;
  return {text: '', flaw: {message, fatal: true, fix: 'write it in quotes'}};
}

const datumOfText = (text: unknown): Datum => (typeof text === 'string' ? datumOf(Buffer.from(text)) : notText(text));

function decoded(base64: unknown): Datum {
  if (typeof base64 !== 'string') return notText(base64);
  const bare = base64.replaceAll(/[\r\n]/g, ''); // as Go's decoder skips them
  if (!BASE64.test(bare)) {
    return {
      text: '',
      flaw: {
        message: 'its value is not base64: the API server refuses that Secret',
        fatal: true,
        fix: 'encode it, or put plain text into stringData',
      },
    };
  }
  return datumOf(Buffer.from(bare, 'base64'));
}

function datumOf(bytes: Buffer): Datum {
  if (bytes.includes(0)) {
    return {text: bytes.toString('latin1'), flaw: {message: 'its value holds a NUL byte, which no variable can', fatal: true}};
  }
  const text = new TextDecoder('utf-8', {ignoreBOM: true}).decode(bytes);
  if (Buffer.from(text).equals(bytes)) return {text};
  return {
    text: asGoHasIt(bytes),
    flaw: {message: 'its value is not UTF-8: the container gets U+FFFD for each byte that is not', fatal: false},
  };
}

/** Go puts U+FFFD for each byte that begins no character, where JavaScript puts one for several of them. */
function asGoHasIt(bytes: Buffer): string {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const length = [1, 2, 3, 4].find((n) => i + n <= bytes.length && isCharacter(bytes.subarray(i, i + n)));
    text += length === undefined ? '\ufffd' : bytes.toString('utf8', i, i + length);
    i += length ?? 1;
  }
  return text;
}

const isCharacter = (bytes: Buffer): boolean =>
  [...bytes.toString('utf8')].length === 1 && Buffer.from(bytes.toString('utf8')).equals(bytes);
