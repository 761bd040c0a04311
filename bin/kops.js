#!/usr/bin/env node
// The front door. Kept free of newer syntax, so that an old Node gets to the line that says it is too old.
import {readFileSync} from 'node:fs';
import module from 'node:module';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const pjson = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
const required = pjson.engines.node.replace(/[^0-9.]/g, '');
if (isOlder(process.versions.node, required)) {
  process.stderr.write(`✗ kops needs Node ${required} or newer; this is ${process.versions.node} (${process.execPath})\n`);
  process.exit(2);
}
if (process.argv.length === 3 && process.argv[2] === '--version') {
  process.stdout.write(`kops/${pjson.version} ${process.platform}-${process.arch} node-${process.version}\n`);
  process.exit();
}
if (module.enableCompileCache) module.enableCompileCache();
const {main} = await import('../dist/main.js');
await main(process.argv.slice(2), {root, pjson});

function isOlder(version, minimum) {
  const [a, b] = [version, minimum].map((v) => v.split('.').map(Number));
  return a[0] !== b[0] ? a[0] < b[0] : a[1] < b[1];
}
