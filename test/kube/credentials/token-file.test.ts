import {rename, writeFile} from 'node:fs/promises';
import {expect, test} from 'vitest';
import {createTokenFile} from '../../../src/kube/credentials/token-file.ts';
import {temporaryFile} from '../../support/apiserver.ts';

const never = new AbortController().signal;
const options = {owner: 'the user of context test', fallback: undefined, certificate: undefined};

test('a token that the server refused is read anew', async () => {
  const file = await temporaryFile('token', 'one\n');
  const credentials = createTokenFile(file, options);
  const first = await credentials.current(never);
  expect(first.headers).toEqual({authorization: 'Bearer one'});
  await writeFile(`${file}.new`, 'two');
  await rename(`${file}.new`, file);
  expect(credentials.refused(first)).toBe(true);
  expect((await credentials.current(never)).headers).toEqual({authorization: 'Bearer two'});
});

test('a file that is gone is a Problem that names it; with a token beside it, that is used', async () => {
  await expect(createTokenFile('/nowhere/token', options).current(never)).rejects.toMatchObject({
    message: 'cannot read the tokenFile of the user of context test',
    why: '/nowhere/token: no such file',
  });
  const {headers} = await createTokenFile('/nowhere/token', {...options, fallback: 'spare'}).current(never);
  expect(headers).toEqual({authorization: 'Bearer spare'});
});
