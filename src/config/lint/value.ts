import {parseObject} from '../../kube/json.ts';
import {typeWord} from '../../text/type-word.ts';
import {keyFlaw} from '../create/keys.ts';
import {asText, encodedTwice, fromBase64} from '../read/base64.ts';
import {newlineHurts} from '../read/newline.ts';
import type {Verdict} from './finding.ts';

export type Field = 'data' | 'stringData';

/** What is wrong with a value of a Secret's manifest; the first thing that is, for the others follow from it. */
export function judgeValue(field: Field, key: string, value: unknown): Verdict | undefined {
  const flaw = keyFlaw(key);
  if (flaw !== undefined)
    return {rule: 'invalid-key', message: `${JSON.stringify(key)} cannot be a key: ${flaw}`, fix: 'give it another name'};
  if (value === null || value === undefined || value === '') return undefined;
  if (typeof value !== 'string') {
    const message = `${key} is ${typeWord(value)}, where the API takes text`;
    const fix = field === 'data' ? ENCODE : `write it in quotes, or under a key each`;
    return {rule: 'not-a-string', message, fix};
  }
  return field === 'data' ? judgeEncoded(key, value) : judgeText(key, value, field);
}

const ENCODE = 'encode it (printf %s VALUE | base64), or move the line to stringData';

function judgeEncoded(key: string, value: string): Verdict | undefined {
  if (isPlaceholder(value)) return placeholder(key);
  const bytes = fromBase64(value);
  if (bytes === undefined) {
    if (!looksEncoded(value))
      return {rule: 'plaintext-in-data', message: `${key} is plaintext, where base64 belongs`, fix: ENCODE};
    const message = `${key} is not valid base64: cut off, or without its padding`;
    return {rule: 'invalid-base64', message, fix: 'encode it anew: printf %s VALUE | base64 -w0'};
  }
  const text = asText(bytes);
  if (text !== undefined) return judgeText(key, text, 'data');
  if (!isWord(value)) return undefined;
  const message = `${key} looks like plaintext, and is base64 by chance: pods would get ${bytes.length} bytes that are no text`;
  return {rule: 'plaintext-in-data', message, fix: ENCODE};
}

/** What is long and mixed as only base64 is. */
const looksEncoded = (value: string): boolean =>
  /^[A-Za-z0-9+/_-]{16,}={0,2}\s*$/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value);

/** `root`, `admin`, `Password1`: of base64 of four letters or more, one in a thousand or less reads like that. */
const isWord = (value: string): boolean => /^[A-Z]?[a-z]{3,20}\d{0,4}$/.test(value);

function judgeText(key: string, text: string, field: Field): Verdict | undefined {
  if (isPlaceholder(text)) return placeholder(key);
  if (encodedTwice(text) !== undefined) {
    return field === 'data'
      ? {rule: 'encoded-twice', message: `${key} is base64 of base64: pods would get base64`, fix: 'encode the value once'}
      : {rule: 'encoded-twice', message: `${key} is base64, which stringData does not decode`, fix: 'move the line to data'};
  }
  if (key === '.dockerconfigjson' && parseObject(text) === undefined)
    return {rule: 'invalid-json', message: `${key} is not JSON`, fix: 'make it anew: kubectl create secret docker-registry'};
  if (!newlineHurts(text, key)) return undefined;
  return {
    rule: 'trailing-newline',
    message: `${key} ends with a newline, which becomes a part of a password`,
    fix:
      field === 'data'
        ? 'encode it without: printf %s VALUE | base64 (echo adds one)'
        : 'write it on one line, or as |- instead of |',
  };
}

const placeholder = (key: string): Verdict => ({
  rule: 'placeholder',
  message: `${key} is a placeholder`,
  fix: 'put the real value in when it is applied, not into the file: kops secret create, or a tool that encrypts',
});

const PLACEHOLDER =
  /^(<[^<>]+>|\$\{[^}]*\}|\$\(\w+\)|\{\{.*\}\}|\[[a-z_ -]+\]|x{3,}|\*{3,}|\.{3}|(change|replace|fix|fill)[-_ ]?(me|this|it|in)!?|to[-_ ]?do\b.*|tbd|fixme|placeholder|(your|my|some|enter|insert)[-_ ].*(here|password|secret|token|key))$/i;

const isPlaceholder = (value: string): boolean => PLACEHOLDER.test(value.trim());
