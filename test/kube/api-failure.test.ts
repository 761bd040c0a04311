import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {apiFailure, type Target} from '../../src/kube/api-failure.ts';
import {Conflict} from '../../src/kube/errors.ts';
import {resources} from '../../src/kube/resources.ts';

const place = {context: 'prod', server: 'https://prod:6443'};
const web: Target = {verb: 'get', resource: resources.deployments, namespace: 'shop', name: 'web'};
const patch: Target = {...web, verb: 'patch', tested: true};
const secret: Target = {verb: 'create', resource: resources.secrets, namespace: 'shop', name: 'db'};
const log: Target = {verb: 'get', resource: resources.pods, namespace: 'shop', name: 'web-1', subresource: 'log'};
const again = 'run the command again: it reads the object anew';

function failureOf(file: string, target: Target, as?: string) {
  const body = readFileSync(new URL(`../fixtures/status/${file}.json`, import.meta.url));
  return apiFailure(JSON.parse(body.toString()).code, body, target, {...place, as});
}

test.each<[file: string, Target, exitCode: number, what: string, why: string | RegExp, next: string | undefined]>([
  [
    'not-found',
    web,
    5,
    'deployment/web not found in namespace shop',
    'there is no deployment of that name',
    'kubectl get deployments -n shop',
  ],
  [
    'namespace-missing',
    web,
    5,
    'namespace shop does not exist',
    'deployment/web would have to be in it',
    'kubectl get namespaces',
  ],
  [
    'kind-unknown-in-group',
    web,
    5,
    'the API server does not know deployments.apps',
    'it serves no deployments in apps/v1',
    'kubectl api-resources',
  ],
  [
    'forbidden',
    {...secret, verb: 'get'},
    5,
    'jane may not get secrets in namespace shop',
    'no role that is bound to this user grants it',
    'kubectl auth can-i get secrets -n shop --context prod',
  ],
  [
    'forbidden-cluster-wide',
    {verb: 'watch', resource: resources.deployments},
    5,
    'system:serviceaccount:shop:ci may not watch deployments.apps in the whole cluster',
    'no role that is bound to this user grants it',
    'kubectl auth can-i watch deployments.apps -A --context prod',
  ],
  [
    'already-exists',
    web,
    3,
    'deployment/web already exists in namespace shop',
    'someone made one of that name before',
    undefined,
  ],
  ['stale-version', patch, 3, 'deployment/web changed in between in namespace shop', 'someone else wrote to it', again],
  ['failed-test', patch, 3, 'deployment/web changed in between in namespace shop', 'someone else wrote to it', again],
  ['other-uid', web, 3, 'deployment/web changed in between in namespace shop', 'it was deleted and made anew', again],
  [
    'invalid',
    patch,
    2,
    'the API server does not accept deployment/web in namespace shop',
    /^spec\.replicas: Invalid value: -3: must be .*\nspec\.template\.spec\.containers\[0\]\.name: Invalid value: "UP_": /,
    'correct that and try again',
  ],
  [
    'secret-invalid-key',
    secret,
    2,
    'the API server does not accept secret/db in namespace shop',
    /^data\[a b\]: Invalid value: …: a valid config key must /,
    'correct that and try again',
  ],
  [
    'quota',
    {verb: 'create', resource: resources.configmaps, namespace: 'shop', name: 'one-more'},
    3,
    'the API server refused to create configmap/one-more in namespace shop',
    'exceeded quota: tight, requested: configmaps=1, used: configmaps=1, limited: configmaps=1',
    'kubectl describe resourcequotas -n shop',
  ],
  [
    'pod-security',
    {...log, verb: 'create', subresource: undefined},
    3,
    'the API server refused to create pod/web-1 in namespace shop',
    /^violates PodSecurity "restricted:latest": /,
    undefined,
  ],
  [
    'log-no-previous',
    log,
    2,
    'the API server could not get the log of pod/web-1 in namespace shop',
    /^previous terminated container /,
    undefined,
  ],
  [
    'bad-selector',
    {...web, verb: 'list', name: undefined},
    2,
    'the API server could not list deployments in namespace shop',
    /^found '=='/,
    undefined,
  ],
])('%s in three parts', (file, target, exitCode, message, why, next) => {
  expect(failureOf(file, target)).toMatchObject({
    message,
    why: typeof why === 'string' ? why : expect.stringMatching(why),
    next,
    exitCode,
  });
});

test('a failed test operation and a stale version are conflicts, a 422 without such an operation is none', () => {
  expect(failureOf('failed-test', patch)).toBeInstanceOf(Conflict);
  expect(failureOf('stale-version', patch)).toBeInstanceOf(Conflict);
  expect(failureOf('failed-test', {...patch, tested: false})).not.toBeInstanceOf(Conflict);
  expect(failureOf('invalid', patch)).not.toBeInstanceOf(Conflict);
});

test('the check of a right is made as the one who lacks it', () => {
  expect(failureOf('forbidden', {...secret, verb: 'get'}, 'jane').next).toMatch(/ --as jane$/);
});

test('an API group that is not installed is told from a server that is none', () => {
  expect(apiFailure(404, Buffer.from('404 page not found\n'), web, place).message).toBe(
    'the API server does not know deployments.apps',
  );
  expect(apiFailure(404, Buffer.from('<html>'), web, place).message).toBe(
    'https://prod:6443 answered 404 and not as an API server does',
  );
});

test('what a server writes cannot move the cursor, nor fill the screen', () => {
  const message = `\u001b[2Jgone\nand ${'on '.repeat(1000)}`;
  const {why = ''} = apiFailure(500, Buffer.from(JSON.stringify({kind: 'Status', message})), web, place);
  expect(why).toMatch(/^␛\[2Jgone; and on on /);
  expect(why.length).toBeLessThan(700);
});
