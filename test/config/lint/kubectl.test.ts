import {expect, test} from 'vitest';
import {lintCommands} from '../../../src/config/lint/kubectl.ts';

test('the API server judges, and git lists, without kops', () => {
  expect(lintCommands('my files')).toEqual([
    "kubectl apply --dry-run=server --validate=strict -R -f 'my files'",
    "git ls-files -- 'my files'",
  ]);
  expect(lintCommands('-')).toHaveLength(1);
});
