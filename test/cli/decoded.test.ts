import {expect, test} from 'vitest';
import {failUnlessChosen} from '../../src/cli/decoded.ts';

test.each<[string, Parameters<typeof failUnlessChosen>[1], boolean, string | undefined]>([
  ['a name', {name: 'db'}, false, undefined],
  ['labels', {selector: 'app=web'}, false, undefined],
  ['labels in all namespaces', {selector: 'app=web'}, true, undefined],
  ['a manifest', {filename: 'a.yaml'}, false, undefined],
  ['one of a manifest', {filename: 'a.yaml', name: 'db'}, false, undefined],
  ['nothing', {}, false, 'which secret?'],
  ['a name in all namespaces', {name: 'db'}, true, 'db cannot be combined with --all-namespaces'],
  ['a name and labels', {name: 'db', selector: 'a=b'}, false, 'db cannot be combined with --selector'],
  ['a manifest and labels', {filename: 'a.yaml', selector: 'a=b'}, false, '--filename cannot be combined with --selector'],
])('what to decode, by %s', (_case, chosen, everywhere, message) => {
  const choose = () => failUnlessChosen('DecodedSecret', chosen, everywhere);
  if (message === undefined) expect(choose).not.toThrow();
  else expect(choose).toThrow(expect.objectContaining({message, exitCode: 2}));
});
