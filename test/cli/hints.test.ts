import {expect, test} from 'vitest';
import {asTyped, wordsOf} from '../../src/cli/hints.ts';

const topics = ['rollout', 'encrypt-at-rest', 'lab'];
const nowhere = {where: [], clusterCommands: []};

test.each([
  ['a hint', '  try: kops rollout status deploy/web', '  try: kubectl kops rollout status deploy/web'],
  [
    'two in one line',
    'kops encrypt-at-rest resume, or kops lab up',
    'kubectl kops encrypt-at-rest resume, or kubectl kops lab up',
  ],
  ['one that is so already', 'try: kubectl kops rollout --help', 'try: kubectl kops rollout --help'],
  ['a sentence', 'kops rolls out Deployments', 'kops rolls out Deployments'],
  ['a path', '/etc/kubernetes/kops rollout', '/etc/kubernetes/kops rollout'],
])('as a plugin of kubectl, commands are what the user types: %s', (_case, text, typed) => {
  expect(asTyped(text, {bin: 'kubectl kops', topics, ...nowhere})).toBe(typed);
  expect(asTyped(text, {bin: 'kops', topics, ...nowhere})).toBe(text);
});

const command = (id: string, flags: object) => ({id, flags}) as never;
const config = {
  bin: 'kops',
  commandIDs: ['rollout:undo', 'secret:set', 'secret:lint', 'lab:up', 'env'],
  commands: [
    ...['rollout:undo', 'secret:set', 'env'].map((id) => command(id, {context: {}, kubeconfig: {}})),
    command('secret:lint', {}),
    command('lab:up', {kubeconfig: {}}),
  ],
};

test.each([
  ['kops rollout undo deploy/web -n shop', 'kops rollout undo --context prod deploy/web -n shop'],
  [
    '  try: kops env deploy/web, or kops secret set db',
    '  try: kops env --context prod deploy/web, or kops secret set --context prod db',
  ],
  ['  undo  kubectl delete secret/x -n shop', '  undo  kubectl --context prod delete secret/x -n shop'],
  ['  undo  kubectl replace -f f --context prod', '  undo  kubectl replace -f f --context prod'],
  ['⚠ kubectl apply wrote its values', '⚠ kubectl apply wrote its values'],
  ['kops secret lint -f FILE', 'kops secret lint -f FILE'],
  ['kops lab up', 'kops lab up'],
  ['try: kops rollout undo --help', 'try: kops rollout undo --help'],
])('a hint names the cluster that the command line named: %s', (text, typed) => {
  expect(asTyped(text, wordsOf(config, ['secret', 'set', 'db', '--context', 'prod']))).toBe(typed);
  expect(asTyped(text, wordsOf(config, ['secret', 'set', 'db', '-n', 'shop', '--', '--context', 'prod']))).toBe(text);
});

test('a kubeconfig is named too, quoted for the shell', () => {
  const words = wordsOf({...config, bin: 'kubectl kops'}, ['env', '--context=prod', '--kubeconfig', 'my config']);
  expect(asTyped('kops env web', words)).toBe("kubectl kops env --context prod --kubeconfig 'my config' web");
});
