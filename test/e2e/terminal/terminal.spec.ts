import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VmView } from '../../../src/contract/index.js';
import { PseudoTerminal } from '../../support/pseudo-terminal.js';
import { TestHost } from '../../support/test-host.js';

describe('on a real terminal', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
  });
  afterEach(() => host.assertClean());
  afterAll(() => host.close());

  const open = (words: string): PseudoTerminal => new PseudoTerminal(`${host.launcher} ${words}`, host.env);

  it('vm run without COMMAND is a shell: echo, size, resize, Ctrl-C, exit status; the terminal is as before', async () => {
    const terminal = open('vm run --rm --name shell');
    await terminal.shows(/root@shell:~# $/);
    expect(terminal.output).toMatch(/giving it its identity[\s\S]*ready/);

    terminal.type('tty && stty size\r');
    await terminal.shows(/# tty && stty size\r\n\/dev\/pts\/0\r\n30 90\r\n/);

    // bash is told of the new size by its own SIGWINCH; $COLUMNS follows before the next prompt
    terminal.resize(123, 45);
    terminal.type('sleep 1; stty size; echo $TERM\r');
    await terminal.shows(/45 123\r\nxterm-256color\r\n/);

    terminal.type('sleep 600\r');
    await terminal.shows(/# sleep 600\r\n$/);
    await delay(500);
    terminal.type('\u0003');
    await terminal.shows(/\^C[\s\S]*# $/);
    terminal.type('echo status=$?\r');
    await terminal.shows(/status=130\r\n/);

    terminal.type("printf '\\303\\274\\t\\033[31mred\\033[0m\\n'\r");
    await terminal.shows('ü\t\u001b[31mred\u001b[0m');

    terminal.type('exit 9\r');
    expect(await terminal.ended()).toEqual({ status: 9, restored: true });
    expect(await host.json<VmView[]>(['vm', 'list'])).toEqual([]);
  });

  it('Ctrl-C while a VM is created cancels the creation, says so, and leaves nothing', async () => {
    const terminal = open('vm run --cold --name never -- true');
    await terminal.shows(/booting/);
    terminal.type('\u0003');
    expect(await terminal.ended(), terminal.output).toEqual({ status: 130, restored: true });
    expect(terminal.output).toMatch(/cancelling and cleaning up/);
    expect(await host.json<VmView[]>(['vm', 'list'])).toEqual([]);
  });

  it('vm exec: Ctrl-C ends the guest’s program, whose status comes back; a command with --tty has a terminal', async () => {
    await host.json(['vm', 'create', '--name', 'web']);
    const interrupted = open("vm exec web -- sh -c 'echo started; exec sleep 600'");
    await interrupted.shows(/started/);
    interrupted.type('\u0003');
    expect(await interrupted.ended(), interrupted.output).toEqual({ status: 130, restored: true });
    const left = await host.banger(['vm', 'exec', 'web', '--', 'pgrep', '-x', 'sleep']);
    expect(left, 'nothing goes on in the guest').toMatchObject({ exitCode: 1, stdout: '' });

    const asked = open("vm exec --tty web -- sh -c 'tty; stty size; exit 4'");
    expect(await asked.ended()).toEqual({ status: 4, restored: true });
    expect(asked.output).toMatch(/\/dev\/pts\/\d\r\n30 90\r\n/);
    await host.banger(['vm', 'delete', '--force', 'web']);
  });
});
