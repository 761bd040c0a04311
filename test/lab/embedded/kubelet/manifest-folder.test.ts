import {appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {ManifestFolder} from '../../../../src/lab/embedded/kubelet/manifest-folder.ts';

let path = '';
let folder: ManifestFolder;
const put = (file: string, text: string) => writeFileSync(join(path, file), text);

/** What was written a moment ago counts as written again at the next look. */
let later = 0;

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'kops-manifests-'));
  put('a.yaml', 'a');
  later = 1000;
  folder = new ManifestFolder(path, () => Date.now() + later);
  folder.readAll();
});
afterEach(() => rmSync(path, {recursive: true, force: true}));

test('nothing changed', () => {
  expect(folder.changes()).toEqual({removed: [], written: []});
});

test.each([
  ['a new file', () => put('b', 'b'), {removed: [], written: ['b']}],
  ['a longer one', () => appendFileSync(join(path, 'a.yaml'), 'b'), {removed: [], written: ['a.yaml']}],
  ['other bytes in as many', () => put('a.yaml', 'b'), {removed: [], written: ['a.yaml']}],
  ['one that went', () => rmSync(join(path, 'a.yaml')), {removed: ['a.yaml'], written: []}],
  ['one with a dot', () => put('.a.yaml.tmp', 'b'), {removed: [], written: []}],
  ['a folder', () => mkdirSync(join(path, 'b')), {removed: [], written: []}],
  ['a link', () => symlinkSync('a.yaml', join(path, 'b')), {removed: [], written: ['b']}],
  ['a broken link', () => symlinkSync('none', join(path, 'b')), {removed: [], written: []}],
  [
    'one that was renamed into place',
    () => {
      put('.new', 'b');
      renameSync(join(path, '.new'), join(path, 'a.yaml'));
    },
    {removed: [], written: ['a.yaml']},
  ],
  [
    'one that was renamed to something else',
    () => renameSync(join(path, 'a.yaml'), join(path, 'a.bak')),
    {removed: ['a.yaml'], written: ['a.bak']},
  ],
  ['the folder itself', () => rmSync(path, {recursive: true}), {removed: ['a.yaml'], written: []}],
])('%s', (_case, change, expected) => {
  change();
  expect(folder.changes()).toEqual(expected);
});

test('what was changed last comes last, whatever its name', () => {
  const changedAt = (file: string) => statSync(join(path, file), {bigint: true}).ctimeNs;
  put('b', '1');
  do put('a.yaml', '2');
  while (changedAt('a.yaml') === changedAt('b')); // until the clock of the file system ticks
  expect(folder.changes().written).toEqual(['b', 'a.yaml']);
});

test('two writes of one moment that look the same are not one', () => {
  later = 0;
  put('a.yaml', '1');
  expect(folder.changes().written).toEqual(['a.yaml']);
  put('a.yaml', '2');
  expect(folder.changes().written).toEqual(['a.yaml']);
  later = 1000;
  folder.changes();
  expect(folder.changes().written).toEqual([]);
});
