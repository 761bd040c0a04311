import {expect, test} from 'vitest';
import {foldersOf} from '../../src/lab/folders.ts';

test.each([
  ['nothing is set', {}, '/home/ada/.local/state/kops/labs', '/home/ada/.cache/kops/programs'],
  ['both are set', {XDG_STATE_HOME: '/s', XDG_CACHE_HOME: '/c'}, '/s/kops/labs', '/c/kops/programs'],
  [
    'they are empty',
    {XDG_STATE_HOME: '', XDG_CACHE_HOME: ''},
    '/home/ada/.local/state/kops/labs',
    '/home/ada/.cache/kops/programs',
  ],
  ['they are relative', {XDG_STATE_HOME: 's'}, '/home/ada/.local/state/kops/labs', '/home/ada/.cache/kops/programs'],
])('labs and programs are where XDG says: %s', (_case, env, labs, programs) => {
  expect(foldersOf(env, '/home/ada')).toEqual({labs, programs});
});
