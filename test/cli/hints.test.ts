import {expect, test} from 'vitest';
import {asTyped} from '../../src/cli/hints.ts';

const topics = ['rollout', 'encrypt-at-rest', 'lab'];

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
  expect(asTyped(text, {bin: 'kubectl kops', topics})).toBe(typed);
  expect(asTyped(text, {bin: 'kops', topics})).toBe(text);
});
