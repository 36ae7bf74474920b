'use strict';
/**
 * Loaded into the real daemon by NODE_OPTIONS=--require: moves its time of day by as many milliseconds as the file
 * BANGER_CHAOS_CLOCK says, from one call to the next, as setting the host's clock does. Timers go on as they are.
 */
const { readFileSync } = require('node:fs');

const file = process.env.BANGER_CHAOS_CLOCK;
// The launcher's shell and the CLI inherit NODE_OPTIONS too.
if (file !== undefined && process.argv[1]?.endsWith('/bangerd.cjs') === true) {
  const RealDate = Date;
  const now = () => RealDate.now() + Number(readFileSync(file, 'utf8'));
  globalThis.Date = class Date extends RealDate {
    constructor(...args) {
      if (args.length === 0) super(now());
      else super(...args);
    }
    static now() {
      return now();
    }
  };
}
