import 'reflect-metadata';
import { dirname, resolve } from 'node:path';
import { parseInvocation } from './invocation.js';
import { processWords } from './io/process-words.adapter.js';
import { ProcessTerminal } from './io/process-terminal.adapter.js';
import { runCli } from './run-cli.js';

const [, entry = '.', ...words] = process.argv;
const { argv, env } = processWords(words, process.env);

const invocation = parseInvocation({
  argv,
  env,
  cwd: process.cwd(),
  uid: process.getuid?.() ?? 0,
  // the entry is dist/cli-bundle/banger.cjs
  rootDirectory: resolve(dirname(entry), '../..'),
});
const terminal = new ProcessTerminal((code) => process.exit(code));

// exit rather than run out: a stdin that nobody reads any more would keep the process
void runCli(invocation, terminal).then(async (code) => {
  await terminal.flush();
  terminal.exitNow(code);
});
