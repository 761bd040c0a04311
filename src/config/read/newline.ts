import {parseObject} from '../../kube/json.ts';

/** One line, and behind it what `echo` adds: a value with several lines ends with a newline as files do. */
export const endsWithNewline = (text: string): boolean => /^[^\n]+\n$/.test(text);

/** Lines of files that programs read line by line: ssh's keys and hosts, htpasswd's users, `name: value`, `name = value`. */
const LINES_OF_FILES = [
  /(^|\s)(ssh-(rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-\S+@openssh\.com) AAAA/,
  /^[^:\s]+:(\$[\w-]+\$|\{SHA\})/,
  /^[\w.-]+(:| =) +\S/,
  /^#/,
];

/**
 * Whether the newline that a value ends with becomes a part of what is one word, as of a password. Not of what programs read as a file: a key
 * that is a file's name, JSON, a public key of ssh.
 */
export const newlineHurts = (text: string, key: string): boolean =>
  endsWithNewline(text) &&
  !key.includes('.') &&
  !/^(authorized_keys|known_hosts|htpasswd|config)$/i.test(key) &&
  parseObject(text) === undefined &&
  !LINES_OF_FILES.some((line) => line.test(text));
