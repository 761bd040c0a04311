// Keeps what V8 compiled of a program for its next run. Node's own compile cache has what is compiled while a file is loaded: of a bundle next to
// nothing, for its modules are functions that are compiled when they are called. Here the code is taken when the run is over.
'use strict';
const {mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} = require('node:fs');
const {homedir} = require('node:os');
const {dirname, isAbsolute, join} = require('node:path');
const {Script} = require('node:vm');

/** Milliseconds. Later, V8 begins to forget the code that a program started with. */
const START = 3000;
const MONTH = 30 * 24 * 3600 * 1000;
/** Exit codes of runs that came to a result: others have seen too little of the program. */
const RESULTS = [0, 3, 4];

/** The value of a script, evaluated with what an earlier run of the same `part` of it compiled. A cache that does not work costs time, no more. */
exports.evaluate = (file, version, part) => {
  const {mtimeMs, size} = statSync(file); // V8 asks no more of the source than that it is as long as it was
  const cache = join(cacheFolder(), `${part}-${version}-${Math.round(mtimeMs)}-${size}`);
  const cachedData = attempt(() => readFileSync(cache));
  const script = new Script(readFileSync(file, 'latin1'), {filename: file, cachedData});
  if (cachedData === undefined || script.cachedDataRejected) keep(script, cache);
  return script.runInThisContext();
};

function cacheFolder() {
  const base = process.env.XDG_CACHE_HOME;
  return join(base && isAbsolute(base) ? base : join(homedir(), '.cache'), 'kops/code');
}

/** Writes the cache once: at the end of a short run, in the middle of a long one. */
function keep(script, cache) {
  const save = (exitCode) => {
    clearTimeout(timer);
    process.off('exit', save);
    if (RESULTS.includes(exitCode)) attempt(() => write(cache, script.createCachedData()));
  };
  const timer = setTimeout(save, START, 0).unref();
  process.on('exit', save);
}

function write(cache, data) {
  const folder = dirname(cache);
  const unfinished = `${cache}.${process.pid}`;
  mkdirSync(folder, {recursive: true, mode: 0o700});
  writeFileSync(unfinished, data);
  renameSync(unfinished, cache);
  for (const file of readdirSync(folder).map((name) => join(folder, name)))
    if (Date.now() - statSync(file).mtimeMs > MONTH) rmSync(file);
}

function attempt(task) {
  try {
    return task();
  } catch {
    return undefined;
  }
}
