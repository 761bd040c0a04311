import {parseObject} from '../../kube/json.ts';
import {fromBase64} from './base64.ts';

/** What docker and others log in with, without the passwords. */
export interface RegistryLogins {
  readonly is: 'registry logins';
  readonly registries: readonly RegistryLogin[];
}

export interface RegistryLogin {
  readonly registry: string;
  /** Null where there is a token, or nothing. */
  readonly user: string | null;
  /** How it logs in. `nothing`: there is neither a password nor a token, so that the registry will refuse. */
  readonly by: 'password' | 'token' | 'nothing';
}

/** Of `.dockerconfigjson`, or of the older `.dockercfg`. Undefined where a text is neither. */
export function registryLoginsOf(text: string, key: string): RegistryLogins | undefined {
  const config = parseObject(text) as {auths?: unknown} | undefined;
  const auths = key === '.dockercfg' ? config : config?.auths;
  if (typeof auths !== 'object' || auths === null || Array.isArray(auths)) return undefined;
  return {is: 'registry logins', registries: Object.entries(auths).map(([registry, login]) => loginOf(registry, login ?? {}))};
}

function loginOf(registry: string, login: Readonly<Record<string, unknown>>): RegistryLogin {
  const {identitytoken, registrytoken} = login;
  if (identitytoken || registrytoken) return {registry, user: null, by: 'token'};
  const [, user, password] = /^([^:]*):([\s\S]*)$/.exec(fromBase64(String(login.auth ?? ''))?.toString('utf8') ?? '') ?? [];
  return {
    registry,
    user: user ?? (typeof login.username === 'string' ? login.username : null),
    by: password || login.password ? 'password' : 'nothing',
  };
}
