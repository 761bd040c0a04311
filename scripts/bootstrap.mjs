#!/usr/bin/env node
// `npm test` and `npm run demo` on a fresh clone: installs what is missing with whatever Node there is, then hands over to the Node that
// package.json pins. No dependencies and no newer syntax, so that an old Node gets to the line that says it is too old.
import {spawn, spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {constants} from 'node:os';
import {delimiter, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const OLDEST_NODE = 20;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const nodeModules = join(root, 'node_modules');
const pinnedNode = join(nodeModules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
const scripts = {test: 'scripts/test.ts', demo: 'scripts/demo.ts'};

const [name = '', ...args] = process.argv.slice(2);
if (!scripts[name]) fail('usage: node scripts/bootstrap.mjs test|demo [arguments]', 2);
if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE)
  fail(
    `kops needs Node ${OLDEST_NODE} or newer to install itself; this is ${process.versions.node} (${process.execPath})\n  install a newer one from https://nodejs.org and try again`,
    2,
  );

if (isStale()) await install();
if (!pinnedNodeRuns()) {
  say('the pinned Node is not there yet: running its install script (npm rebuild node)');
  await npm(['rebuild', 'node', '--foreground-scripts']);
  if (!pinnedNodeRuns()) fail(`${pinnedNode} does not run; delete node_modules and try again`);
}
handOver();

/** Whether something that package-lock.json names is not installed as it names it. npm notes there what it installed. */
function isStale() {
  const installed = packagesOf(join(nodeModules, '.package-lock.json'));
  if (!installed) return true;
  const wanted = packagesOf(join(root, 'package-lock.json'));
  return Object.entries(wanted).some(([path, {version, integrity, optional, devOptional}]) => {
    if (path === '') return false;
    const found = installed[path];
    if (!found) return !optional && !devOptional; // left out for another platform
    return found.version !== version || found.integrity !== integrity;
  });
}

function packagesOf(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined;
}

async function install() {
  say('installing dependencies (npm ci)');
  await npm(['ci', '--loglevel=error', '--fetch-retry-mintimeout=1000', '--fetch-retry-factor=2']);
}

/** Runs npm to its end. Its errors are passed on, and read for the one that needs a plain word: no network. */
function npm(words) {
  return new Promise((resolve) => {
    const npmCli = process.env.npm_execpath;
    const ownNode = process.env.npm_node_execpath || process.execPath; // not the pinned one: npm is about to replace it
    const [program, before] = npmCli ? [ownNode, [npmCli]] : ['npm', []];
    const child = spawn(program, before.concat(words), {
      cwd: root,
      env: {...process.env, PATH: withoutPinned(process.env.PATH || '')},
      stdio: ['ignore', 'inherit', 'pipe'],
      shell: process.platform === 'win32',
    });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
      process.stderr.write(chunk);
    });
    child.on('error', (error) => fail(`npm cannot be run (${error.code}): install npm, which comes with Node`));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      const network = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED)\b/.exec(
        errors,
      );
      if (network) fail(`cannot install the dependencies: the npm registry cannot be reached (${network[1]})`);
      fail(`npm ${words[0]} failed (${signal || `exit ${code}`}): its lines above say why`);
    });
  });
}

function withoutPinned(path) {
  return path
    .split(delimiter)
    .filter((folder) => folder !== join(nodeModules, '.bin'))
    .join(delimiter);
}

function pinnedNodeRuns() {
  const pinned = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies.node;
  const {status, stdout} = spawnSync(pinnedNode, ['--version'], {encoding: 'utf8'});
  return status === 0 && stdout.trim() === `v${pinned}`;
}

function handOver() {
  const child = spawn(pinnedNode, [join(root, scripts[name]), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: {...process.env, PATH: `${join(nodeModules, '.bin')}${delimiter}${withoutPinned(process.env.PATH || '')}`},
  });
  // A terminal sends Ctrl-C to the child too: passing it on would make it two.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  child.on('error', (error) => fail(error.message));
  child.on('close', (code, signal) => process.exit(code === null ? 128 + constants.signals[signal] : code));
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text, exitCode = 1) {
  say(`✗ ${text}`);
  process.exit(exitCode);
}
