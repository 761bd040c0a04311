import {goJson} from './hash.ts';
import {invalid} from './invalid.ts';

/** Docker Hub, as kubectl and docker write it. */
export const DOCKER_HUB = 'https://index.docker.io/v1/';

export interface RegistryLogin {
  readonly server: string;
  readonly username: string;
  readonly password: string;
  readonly email?: string | undefined;
}

/** What `docker login` would write for one registry, to the byte as kubectl does. */
export function dockerConfigJson({server, username, password, email}: RegistryLogin): Buffer {
  if (username.includes(':'))
    throw invalid(
      'a registry username holds no ":"',
      'the kubelet takes what is behind it for the password',
      'check --docker-username',
    );
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  const fields = Object.entries({username, password, email, auth}).filter(([, value]) => value);
  const login = fields.map(([name, value = '']) => `"${name}":${goJson(value)}`).join(',');
  return Buffer.from(`{"auths":{${goJson(server)}:{${login}}}}`);
}
