import {DOCKER_HUB, dockerConfigJson} from '../config/create/docker-config.ts';
import type {Inputs} from '../config/create/gather.ts';
import {invalid} from '../config/create/invalid.ts';
import type {Entry} from '../config/create/keys.ts';
import {typedValue} from '../config/create/kubectl.ts';
import {DOCKER_CONFIG_KEY} from '../config/create/secret-types.ts';
import {quoted} from '../text/kubectl.ts';

interface LoginFlags {
  readonly 'docker-server'?: string | undefined;
  readonly 'docker-username'?: string | undefined;
  readonly 'docker-password'?: string | undefined;
  readonly 'docker-password-stdin'?: boolean | undefined;
  readonly 'docker-email'?: string | undefined;
  readonly 'from-file'?: readonly string[] | undefined;
  readonly 'from-stdin'?: string | undefined;
}

const LONGEST_PASSWORD = 64 * 1024;

/** What makes the one entry of a login; undefined where the flags name none. Throws a Problem where they are incomplete, or come with a file. */
export function registryLogin(flags: LoginFlags): ((inputs: Inputs) => Promise<Entry[]>) | undefined {
  const {'docker-server': server = DOCKER_HUB, 'docker-username': username, 'docker-email': email} = flags;
  const named = (
    ['docker-server', 'docker-username', 'docker-password', 'docker-password-stdin', 'docker-email'] as const
  ).filter((flag) => flags[flag] !== undefined);
  if (named.length === 0) {
    if (flags['from-file'] === undefined && flags['from-stdin'] === undefined)
      throw invalid(
        'nothing says how to log in',
        'it takes a login, or a file that docker login wrote',
        'give --docker-server and --docker-username, or --from-file ~/.docker/config.json',
      );
    return undefined;
  }
  if (flags['from-file'] !== undefined)
    throw invalid(
      `--${named[0]} cannot be combined with --from-file`,
      'the file holds the login; kubectl would ignore the flags',
      'leave one of them out',
    );
  if (!username)
    throw invalid('--docker-username is missing', 'a login is a user and a password', 'give it, and be asked for the password');
  if (flags['docker-password'] !== undefined && flags['docker-password-stdin'])
    throw invalid(
      '--docker-password cannot be combined with --docker-password-stdin',
      'there is one password',
      'leave one of them out',
    );
  if (flags['docker-password-stdin'] && flags['from-stdin'] !== undefined)
    throw invalid(
      '--docker-password-stdin cannot be combined with --from-stdin',
      'there is one standard input',
      'leave one of them out',
    );
  return async (inputs) => {
    const password = await passwordOf(flags, inputs);
    if (password === '') throw invalid('the password is empty', 'no registry takes that', 'check what is piped in');
    return [{key: DOCKER_CONFIG_KEY, value: dockerConfigJson({server, username, password, email}), origin: '--docker-username'}];
  };
}

async function passwordOf(flags: LoginFlags, inputs: Inputs): Promise<string> {
  if (flags['docker-password'] !== undefined) return flags['docker-password'];
  if (!flags['docker-password-stdin']) return inputs.ask('password', 'pipe it in: --docker-password-stdin');
  return (await inputs.stdin(LONGEST_PASSWORD)).toString('utf8').replace(/\r?\n$/, '');
}

/** The same for kubectl, less the password. */
export const registryWords = (name: string, flags: LoginFlags): string[] => [
  'secret docker-registry',
  quoted(name),
  quoted(`--docker-server=${flags['docker-server'] ?? DOCKER_HUB}`),
  quoted(`--docker-username=${flags['docker-username'] ?? ''}`),
  `--docker-password="$(${typedValue('password')})"`,
  ...(flags['docker-email'] ? [quoted(`--docker-email=${flags['docker-email']}`)] : []),
];
