import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {afterAll, expect, test} from 'vitest';
import {packageRoot} from '../src/root.ts';

const root = mkdtempSync(join(tmpdir(), 'kops-root-'));
afterAll(() => rmSync(root, {recursive: true}));

test('from its sources it is the folder of the repository', () => {
  expect(packageRoot()).toBe(process.cwd());
});

test('from a bundle in an installed package it is that package, whatever packages are around and within it', () => {
  const installed = join(root, 'app/node_modules/kops');
  mkdirSync(join(installed, 'dist/chunks'), {recursive: true});
  writeFileSync(join(root, 'app/package.json'), '{"name": "app"}');
  writeFileSync(join(installed, 'package.json'), '{"name": "kops"}');
  writeFileSync(join(installed, 'dist/package.json'), '{"type": "module"}');
  expect(packageRoot(pathToFileURL(join(installed, 'dist/chunks/a.js')).href)).toBe(installed);
});

test('outside of it that is a bug, and said', () => {
  expect(() => packageRoot(pathToFileURL(join(root, 'a.js')).href)).toThrow('no package.json of kops above');
});
