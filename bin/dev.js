#!/usr/bin/env node
// kops from its sources, by Node's type stripping: for development and tests. Nothing to build, no manifest.
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {main} from '../src/cli/run.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pjson = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
pjson.oclif.commands.target = './commands';
await main(process.argv.slice(2), {root, pjson});
