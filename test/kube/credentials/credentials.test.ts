import {expect, test} from 'vitest';
import {connect} from '../../../src/kube/connect.ts';
import {fakeApiServer, json, pod} from '../../support/apiserver.ts';

const never = new AbortController().signal;

/** What a server sees of a kubeconfig's user. */
async function authorizationOf(user: object): Promise<string | undefined> {
  const server = await fakeApiServer((_asked, response) => json(response, pod('web')));
  const cluster = await connect({kubeconfig: await server.kubeconfig({user: {token: '', ...user}})});
  await cluster.get('pods', {namespace: 'shop', name: 'web'}, never);
  return server.asked[0]?.headers.authorization?.[0];
}

test.each([
  ['nothing', {}, undefined],
  ['a token', {token: 'one'}, 'Bearer one'],
  ['a user name and a password', {username: 'jane', password: 'pâss'}, `Basic ${Buffer.from('jane:pâss').toString('base64')}`],
  ['an ID token of OpenID Connect', {'auth-provider': {name: 'oidc', config: {'id-token': 'id'}}}, 'Bearer id'],
])('a user with %s', async (_case, user, authorization) => {
  expect(await authorizationOf(user)).toBe(authorization);
});

test('a provider that needs a plugin by now is named, and where to read on', async () => {
  await expect(authorizationOf({'auth-provider': {name: 'gcp'}})).rejects.toMatchObject({
    message: 'the credentials of context test cannot be had',
    why: 'they come from the auth-provider gcp, which kops does not have',
    exitCode: 5,
  });
});

test.each([
  [
    'a file that is not there',
    {'client-certificate': '/nowhere/u.crt'},
    'cannot read the client-certificate of the user of context test',
  ],
  [
    'what is no PEM',
    {'client-certificate-data': 'aHVzaA==', 'client-key-data': 'aHVzaA=='},
    'the certificates of context test cannot be used',
  ],
])('a client certificate from %s is refused before anything is sent', async (_case, user, message) => {
  await expect(authorizationOf(user)).rejects.toMatchObject({message, exitCode: 2});
});
