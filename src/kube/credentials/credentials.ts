import type {Access} from '../access/find-access.ts';
import {readReferenced} from '../access/referenced.ts';
import {bearer, type Credential, type Credentials, explainNow, noCredentials} from './credential.ts';
import {createTokenFile} from './token-file.ts';

/** The credentials of a kubeconfig's user. Its client certificate goes along with whatever else there is, and before a plugin's (client-go's rule). */
export async function createCredentials(access: Access, env: Readonly<Record<string, string | undefined>>): Promise<Credentials> {
  const {context, user} = access;
  const owner = `the user of context ${context}`;
  const cert = await readReferenced(user, 'client-certificate', owner);
  const key = await readReferenced(user, 'client-key', owner);
  const certificate = cert !== undefined && key !== undefined ? {cert, key} : undefined;

  if (user.exec) {
    const {createPlugin} = await import('./exec-plugin.ts');
    return createPlugin(user.exec, access, env, certificate);
  }
  if (user.tokenFile) return createTokenFile(user.tokenFile, {owner, fallback: user.token, certificate});
  return fixed({headers: authorization(access), certificate});
}

function authorization({context, user}: Access): Record<string, string> {
  const {token, username, password = '', 'auth-provider': provider} = user;
  if (token) return bearer(token);
  if (username) return {authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`};
  if (provider === undefined) return {};
  // Renewing it here would use up the refresh token that kubectl keeps in the kubeconfig, so that is left to kubectl.
  const idToken = provider.name === 'oidc' ? provider.config?.['id-token'] : undefined;
  if (idToken) return bearer(idToken);
  throw noCredentials(context, {
    why: `they come from the auth-provider ${provider.name}, which kops does not have`,
    next: 'use its exec plugin: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins',
    passing: false,
  });
}

const fixed = (credential: Credential): Credentials => ({
  current: async () => credential,
  refused: () => false,
  hint: explainNow,
});
