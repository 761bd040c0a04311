import {isUtf8} from 'node:buffer';
import {DOCKER_HUB, dockerConfigJson} from '../config/create/docker-config.ts';
import type {Inputs} from '../config/create/gather.ts';
import {invalid} from '../config/create/invalid.ts';
import type {Entry} from '../config/create/keys.ts';
import type {SpecialWords} from '../config/create/kubectl.ts';
import {DOCKER_CONFIG_KEY} from '../config/create/secret-types.ts';
import {typedValue} from '../config/create/typed.ts';
import {quoted} from '../text/kubectl.ts';

const LOGIN = ['docker-server', 'docker-username', 'docker-password', 'docker-password-stdin', 'docker-email'] as const;
const OTHERS = ['from-file', 'from-stdin', 'from-literal', 'from-env-file', 'prompt', 'random'] as const;

type LoginFlags = {
  readonly [flag in Exclude<(typeof LOGIN)[number], 'docker-password-stdin'>]?: string | undefined;
} & {readonly 'docker-password-stdin'?: boolean | undefined} & {readonly [flag in (typeof OTHERS)[number]]?: unknown};

const LONGEST_PASSWORD = 64 * 1024;

/** What makes the one entry of a login; undefined where the flags name none. Throws a Problem where they are incomplete, or come with a file. */
export function registryLogin(flags: LoginFlags): ((inputs: Inputs) => Promise<Entry[]>) | undefined {
  const {'docker-server': server = DOCKER_HUB, 'docker-username': username, 'docker-email': email} = flags;
  const login = LOGIN.find((flag) => flags[flag] !== undefined);
  const other = OTHERS.find((flag) => flags[flag] !== undefined);
  if (login === undefined && other === undefined)
    throw invalid(
      'nothing says how to log in',
      'it takes a login, or a file that docker login wrote',
      'give --docker-server and --docker-username, or --from-file ~/.docker/config.json',
    );
  if (login === undefined) return undefined;
  if (other !== undefined) throw apart(login, other, 'a login is all that such a Secret holds, and so is a file with one');
  if (!username)
    throw invalid('--docker-username is missing', 'a login is a user and a password', 'give it, and be asked for the password');
  if (flags['docker-password'] !== undefined && flags['docker-password-stdin'])
    throw apart('docker-password', 'docker-password-stdin', 'there is one password');
  return async (inputs) => {
    const password = await passwordOf(flags, inputs);
    return [{key: DOCKER_CONFIG_KEY, value: dockerConfigJson({server, username, password, email}), origin: '--docker-username'}];
  };
}

const apart = (one: string, other: string, why: string) =>
  invalid(`--${one} cannot be combined with --${other}`, why, 'leave one of them out');

async function passwordOf(flags: LoginFlags, inputs: Inputs): Promise<string> {
  const {'docker-password': given, 'docker-password-stdin': isPiped} = flags;
  if (given === undefined && !isPiped) return inputs.ask('password', 'pipe it in: --docker-password-stdin');
  const bytes = given === undefined ? await inputs.stdin(LONGEST_PASSWORD) : Buffer.from(given);
  const password = bytes.toString('utf8').replace(given === undefined ? /\r?\n$/ : '', '');
  if (password !== '' && isUtf8(bytes) && bytes.length <= LONGEST_PASSWORD) return password;
  throw invalid(
    'that cannot be a password',
    password === '' ? 'it is empty' : 'it is not text, or too long',
    'check what is given',
  );
}

/** The same for kubectl, less the password. */
export const registryWords = (name: string, flags: LoginFlags): SpecialWords => ({
  asked: ['password'],
  words: [
    'secret docker-registry',
    quoted(name),
    quoted(`--docker-server=${flags['docker-server'] ?? DOCKER_HUB}`),
    quoted(`--docker-username=${flags['docker-username'] ?? ''}`),
    `--docker-password=${typedValue(0)}`,
    ...(flags['docker-email'] ? [quoted(`--docker-email=${flags['docker-email']}`)] : []),
  ],
});
