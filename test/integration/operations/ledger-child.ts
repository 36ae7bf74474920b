// A daemon that dies: makes a directory through the ledger and asks to be killed at the moment named.
import { mkdirSync, rmSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../../src/core/database/index.js';
import { createLogger } from '../../../src/core/logging/index.js';
import { DurableLedger } from '../../../src/core/operations/durable-ledger.js';

const [file = '', key = '', moment = ''] = process.argv.slice(2);
const owner = { type: 'vm', id: 'vm_web' } as const;

async function killed(): Promise<void> {
  writeSync(1, 'KILL ME\n');
  await sleep(60_000);
}

const ledger = new DurableLedger(await openDatabase({ file }), createLogger({ level: 'silent' }));
ledger.registerUndo('port', () => Promise.resolve());
ledger.registerUndo('directory', async (entry) => {
  rmSync(entry.key, { recursive: true });
  if (moment === 'before the strike-off') await killed();
});
if (moment === 'while it writes') {
  for (let at = 0; ; at++) {
    await ledger.make({ kind: 'port', key: `${at}`, owner }, () => Promise.resolve());
    writeSync(1, `${at}\n`);
    if (at === 50) writeSync(1, 'KILL ME\n');
  }
}
await ledger.make({ kind: 'directory', key, owner, data: { moment } }, async () => {
  if (moment === 'after the row') await killed();
  mkdirSync(key);
  if (moment === 'after the effect') await killed();
});
await ledger.release('directory', key);
