#!/usr/bin/env node
// The front door. Kept free of newer syntax, so that an old Node gets to the line that says it is too old. One file, and CommonJS: every file
// that is loaded, and ES modules at all, take a millisecond or two of a start.
'use strict';
const {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} = require('node:fs');
const {createRequire} = require('node:module');
const {homedir} = require('node:os');
const {dirname, isAbsolute, join} = require('node:path');
const {Script} = require('node:vm');

const root = dirname(__dirname);
const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const argv = process.argv.slice(2);
const required = pjson.engines.node.replace(/[^0-9.]/g, '');
if (isOlder(process.versions.node, required)) {
  process.stderr.write(
    `✗ kops needs Node ${required} or newer\n  this is ${process.versions.node}, ${process.execPath}\n  install a newer one from https://nodejs.org or by your package manager, and see that it comes first on the PATH\n`,
  );
  process.exit(2);
}
if (argv.length === 1 && argv[0] === '--version') {
  process.stdout.write(`kops/${pjson.version} ${process.platform}-${process.arch} node-${process.version}\n`);
  process.exit();
}
const {program, part} = wanted(argv);
evaluate(program, part)(createRequire(program), program).main(argv, {root, pjson});

function isOlder(version, minimum) {
  const [a, b] = [version, minimum].map((v) => v.split('.').map(Number));
  return a[0] !== b[0] ? a[0] < b[0] : a[1] < b[1];
}

/** Which program is run, and what of it: there is one for the commands of each topic, one for each command without, and one that only helps. */
function wanted([topic, ...words]) {
  const help = {program: join(root, 'dist/help.cjs'), part: 'help'};
  if (!isWord(topic) || words.includes('--help')) return help;
  const [verb] = words;
  const what = words.includes('--show-commands') ? 'show-commands' : verb;
  const program = join(root, 'dist/topics', `${topic}.cjs`);
  if (isWord(verb) && existsSync(program)) return {program, part: `${topic}-${what}`};
  const alone = join(root, 'dist/alone', `${topic}.cjs`);
  return existsSync(alone) ? {program: alone, part: what === 'show-commands' ? `${topic}-${what}` : topic} : help;
}

function isWord(text) {
  return text !== undefined && /^[a-z][a-z-]*$/.test(text);
}

/**
 * The value of a script, evaluated with what V8 compiled of it in an earlier run of the same part. Node's own compile cache has what is compiled
 * while a file is loaded: of a bundle next to nothing, for its modules are functions that are compiled when they are called. This one is
 * written when a run is over. One that does not work costs time, no more.
 */
function evaluate(file, part) {
  const {mtimeMs, size} = statSync(file); // V8 asks no more of the source than that it is as long as it was
  const cache = join(cacheFolder(), `${part}-${pjson.version}-${Math.round(mtimeMs)}-${size}`);
  const cachedData = attempt(() => readFileSync(cache));
  const script = new Script(readFileSync(file, 'latin1'), {filename: file, cachedData});
  if (cachedData === undefined || script.cachedDataRejected) keep(script, cache);
  return script.runInThisContext();
}

function cacheFolder() {
  const base = process.env.XDG_CACHE_HOME;
  return join(base && isAbsolute(base) ? base : join(homedir(), '.cache'), 'kops/code');
}

/** Writes the cache once: at the end of a short run that came to a result, in the middle of a long one. */
function keep(script, cache) {
  const start = 3000; // milliseconds; later, V8 begins to forget the code that a program started with
  const results = [0, 3, 4]; // a run that ends with another code has seen too little of the program
  const save = (exitCode) => {
    clearTimeout(timer);
    process.off('exit', save);
    if (results.includes(exitCode)) attempt(() => write(cache, script.createCachedData()));
  };
  const timer = setTimeout(save, start, 0).unref();
  process.on('exit', save);
}

function write(cache, data) {
  const month = 30 * 24 * 3600 * 1000;
  const folder = dirname(cache);
  const unfinished = `${cache}.${process.pid}`;
  mkdirSync(folder, {recursive: true, mode: 0o700});
  writeFileSync(unfinished, data);
  renameSync(unfinished, cache);
  for (const file of readdirSync(folder).map((name) => join(folder, name)))
    if (Date.now() - statSync(file).mtimeMs > month) rmSync(file);
}

function attempt(task) {
  try {
    return task();
  } catch {
    return undefined;
  }
}
