'use strict';
/**
 * Starts the bundle from V8's code cache, made at build time: 40 ms of every command otherwise go into compiling.
 * Plain JavaScript because it must run before anything is compiled; by hand because module.enableCompileCache()
 * hashes the source at each start, writes into the user's home, and came out 10 ms slower.
 */
const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const { Script } = require('node:vm');

const bundle = `${__dirname}/app.cjs`;
const cache = `${__dirname}/app.cache`;
const making = process.argv[2] === '--make-code-cache';

function readCache() {
  try {
    return making ? undefined : readFileSync(cache);
  } catch {
    return undefined; // works without, more slowly
  }
}

const script = new Script(
  `(function (exports, require, module, __filename, __dirname) {${readFileSync(bundle, 'utf8')}\n})`,
  {
    filename: bundle,
    cachedData: readCache(),
  },
);

if (making) {
  // functions compiled by a run go into the cache too, so it is made after one, at exit
  process.argv = [process.argv[0], process.argv[1], 'vm', '--help'];
  process.stdout.write = () => true;
  process.on('exit', () => {
    writeFileSync(`${cache}.tmp`, script.createCachedData());
    renameSync(`${cache}.tmp`, cache);
  });
}
const bundled = { exports: {} };
script.runInThisContext().call(bundled.exports, bundled.exports, require, bundled, bundle, __dirname);
