#!/usr/bin/env node
// The front door. Kept free of newer syntax, so that an old Node gets to the line that says it is too old; and CommonJS, which starts faster.
'use strict';
const {existsSync} = require('node:fs');
const {createRequire} = require('node:module');
const {join} = require('node:path');
const pjson = require('../package.json');

const argv = process.argv.slice(2);
const required = pjson.engines.node.replace(/[^0-9.]/g, '');
if (isOlder(process.versions.node, required)) {
  process.stderr.write(`✗ kops needs Node ${required} or newer; this is ${process.versions.node} (${process.execPath})\n`);
  process.exit(2);
}
if (argv.length === 1 && argv[0] === '--version') {
  process.stdout.write(`kops/${pjson.version} ${process.platform}-${process.arch} node-${process.version}\n`);
  process.exit();
}
const root = join(__dirname, '..');
const {evaluate} = require('./code-cache.cjs');
const {program, part} = wanted(argv);
evaluate(program, pjson.version, part)(createRequire(program), program).main(argv, {root, pjson});

/** Which program is run, and what of it: there is one for the commands of each topic, and one that only helps. */
function wanted([topic, verb, ...rest]) {
  const program = join(root, 'dist/topics', `${topic}.cjs`);
  if (!isWord(topic) || !isWord(verb) || rest.includes('--help') || !existsSync(program))
    return {program: join(root, 'dist/help.cjs'), part: 'help'};
  return {program, part: `${topic}-${rest.includes('--show-commands') ? 'show-commands' : verb}`};
}

function isWord(text) {
  return text !== undefined && /^[a-z][a-z-]*$/.test(text);
}

function isOlder(version, minimum) {
  const [a, b] = [version, minimum].map((v) => v.split('.').map(Number));
  return a[0] !== b[0] ? a[0] < b[0] : a[1] < b[1];
}
