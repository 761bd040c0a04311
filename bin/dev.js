#!/usr/bin/env node
// kops from its sources, by Node's type stripping: for development and tests. Nothing to build, no manifest.
import {readFileSync} from 'node:fs';
import {enableCompileCache} from 'node:module';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
enableCompileCache(`${root}/node_modules/.cache/kops`); // half of the start, which the tests make some thousand times
const {main} = await import('../src/cli/run.ts');
const pjson = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
pjson.oclif.commands.target = './commands';
await main(process.argv.slice(2), {root, pjson});
