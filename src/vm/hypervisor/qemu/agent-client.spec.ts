import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeByteSocket } from '../../../../test/support/fakes/fake-byte-socket.js';
import { AgentClient } from './agent-client.js';

let socket: FakeByteSocket;
let agent: AgentClient;
let nextRandom: number;

beforeEach(() => {
  vi.useFakeTimers();
  socket = new FakeByteSocket();
  nextRandom = 1_000;
  agent = new AgentClient('web', socket, () => (nextRandom += 1_000));
});

afterEach(() => {
  vi.useRealTimers();
});

/** The guest's agent comes up: it answers the byte 0xFF with an error, then the sync. */
async function comeUp(): Promise<void> {
  const id = socket.commands()[0]?.arguments?.['id'];
  socket.receive('{"error":{"class":"GenericError","desc":"JSON parse error"}}\n');
  socket.receive(Buffer.concat([Buffer.of(0xff), Buffer.from(`{"return": ${String(id)}}\n`)]));
  await turns();
}

/** Lets everything happen that needs no time. */
async function turns(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

const names = (): string[] => socket.commands().map(({ execute }) => execute);

describe('becoming ready', () => {
  it('asks once, and again only after ten seconds', async () => {
    const ready = vi.fn();
    void agent.waitReady({ signal: new AbortController().signal }).then(ready);
    await vi.advanceTimersByTimeAsync(9_900);
    expect(names()).toEqual(['guest-sync-delimited']);
    await vi.advanceTimersByTimeAsync(200);
    expect(names()).toHaveLength(2);
    expect(ready).not.toHaveBeenCalled();
    await comeUp();
    expect(ready).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(names()).toHaveLength(2);
  });

  it('is not deceived by the answer to an earlier connection', async () => {
    const ready = vi.fn();
    void agent.waitReady({ signal: new AbortController().signal }).then(ready);
    socket.receive('{"return": 77}\n{"return": {"id": 3000}}\n{"return": "x"}\n');
    await turns();
    expect(ready).not.toHaveBeenCalled();
    await comeUp();
    expect(ready).toHaveBeenCalledOnce();
  });

  it('gives up when told to', async () => {
    const abort = new AbortController();
    const waiting = agent.waitReady({ signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ kind: 'CANCELLED' });
    await expect(agent.waitReady({ signal: abort.signal })).rejects.toMatchObject({ kind: 'CANCELLED' });
  });

  it('fails when the VMM goes', async () => {
    const waiting = agent.waitReady({ signal: new AbortController().signal });
    socket.close();
    await expect(waiting).rejects.toMatchObject({ kind: 'VM_GUEST_UNREACHABLE' });
    await expect(agent.ping()).rejects.toMatchObject({ kind: 'VM_GUEST_UNREACHABLE' });
  });
});

describe('commands', () => {
  it('wait for the agent, then go one at a time, in order', async () => {
    const done: string[] = [];
    const first = agent.ping({ timeoutMs: 60_000 }).then(() => done.push('first'));
    const second = agent.exec(['true']).then(({ exitCode }) => done.push(`second ${exitCode}`));
    await turns();
    expect(names()).toEqual(['guest-sync-delimited']);
    await comeUp();
    expect(names()).toEqual(['guest-sync-delimited', 'guest-ping']);
    socket.answer({});
    await turns();
    expect(names().slice(2)).toEqual(['guest-exec']);
    socket.answer({ pid: 12 });
    await turns();
    socket.answer({ exited: true, exitcode: 0 });
    await Promise.all([first, second]);
    expect(done).toEqual(['first', 'second 0']);
  });

  it('time out while the guest does not come up, and leave the queue usable', async () => {
    const early = expect(agent.ping()).rejects.toMatchObject({ kind: 'VM_GUEST_UNREACHABLE' });
    await vi.advanceTimersByTimeAsync(2_000);
    await early;
    await comeUp();
    const ping = agent.ping();
    await turns();
    socket.answer({});
    await ping;
  });

  it('drop an answer that comes too late', async () => {
    await comeUp();
    const late = expect(agent.ping()).rejects.toMatchObject({ kind: 'VM_GUEST_UNREACHABLE' });
    await vi.advanceTimersByTimeAsync(2_000);
    await late;
    const lateId = socket.commands().at(-1)?.id;
    const settled = vi.fn();
    const next = agent.exec(['true']).then(settled);
    await turns();
    socket.receive(`{"return":{"pid":99},"id":${String(lateId)}}\n`);
    await turns();
    expect(settled).not.toHaveBeenCalled();
    socket.answer({ pid: 5 });
    await turns();
    expect(socket.commands().at(-1)).toMatchObject({ execute: 'guest-exec-status', arguments: { pid: 5 } });
    socket.answer({ exited: true, exitcode: 0 });
    await next;
  });

  it('blame an answer past the bound on the command it answers, not on the next', async () => {
    await comeUp();
    const late = expect(agent.ping()).rejects.toMatchObject({ kind: 'VM_GUEST_UNREACHABLE' });
    await vi.advanceTimersByTimeAsync(2_000);
    await late;
    const next = agent.ping();
    await turns();
    for (let part = 0; part < 10; part += 1) socket.receive(Buffer.alloc(1024 * 1024, 'x'));
    socket.receive('\n');
    await turns();
    socket.answer({});
    await next;
  });
});

/** Answers what was asked last with an error. */
function refuse(desc: string): void {
  const id = socket.commands().at(-1)?.id;
  socket.receive(`${JSON.stringify({ error: { class: 'GenericError', desc }, id })}\n`);
}

/** Process 12 is killed in the guest, after the look at it that was under way. */
async function killedInGuest(): Promise<void> {
  socket.answer({ exited: false });
  await turns();
  expect(socket.commands().at(-1)?.arguments).toMatchObject({ path: 'kill', arg: ['-KILL', '12'] });
  socket.answer({ pid: 13 });
  await turns();
  socket.answer({ exited: true, signal: 9 });
}

describe('exec', () => {
  beforeEach(comeUp);

  it('passes arguments and input, polls, and gives bytes', async () => {
    const result = agent.exec(['sh', '-c', 'cat'], { stdin: Buffer.of(0, 255) });
    await turns();
    expect(socket.commands().at(-1)?.arguments).toEqual({
      path: 'sh',
      arg: ['-c', 'cat'],
      'capture-output': true,
      'input-data': 'AP8=',
    });
    socket.answer({ pid: 12 });
    await turns();
    for (let polls = 0; polls < 20; polls += 1) {
      socket.answer({ exited: false });
      await vi.advanceTimersByTimeAsync(50);
    }
    socket.answer({ exited: true, exitcode: 2, 'out-data': 'AP8=' });
    expect(await result).toEqual({ exitCode: 2, stdout: Buffer.of(0, 255), stderr: Buffer.alloc(0) });
  });

  it('gives 127 for a program that is not there', async () => {
    const result = agent.exec(['nope']);
    await turns();
    const desc =
      'Guest agent command failed, error was \'Failed to execute child process "nope" (No such file)\'';
    refuse(desc);
    expect(await result).toMatchObject({ exitCode: 127, stderr: Buffer.from(desc) });
  });

  it.each([{}, { pid: 'x' }, null, 5])('refuses %j as the answer to a start', async (answer) => {
    const result = expect(agent.exec(['true'])).rejects.toMatchObject({ kind: 'VM_GUEST_UNREACHABLE' });
    await turns();
    socket.answer(answer);
    await result;
  });

  it.each(['TIMEOUT', 'CANCELLED'])('kills in the guest: %s', async (kind) => {
    const abort = new AbortController();
    const options = kind === 'TIMEOUT' ? { timeoutMs: 1_000 } : { signal: abort.signal };
    const result = expect(agent.exec(['sleep', '9'], options)).rejects.toMatchObject({ kind });
    await turns();
    socket.answer({ pid: 12 });
    await turns();
    socket.answer({ exited: false });
    await vi.advanceTimersByTimeAsync(1_000);
    abort.abort();
    await killedInGuest();
    await result;
  });

  it('kills in the guest what it starts after its caller has gone', async () => {
    const result = expect(agent.exec(['sleep', '9'], { timeoutMs: 500 })).rejects.toMatchObject({
      kind: 'TIMEOUT',
    });
    await vi.advanceTimersByTimeAsync(500);
    await result;
    socket.answer({ pid: 12 });
    await turns();
    expect(socket.commands().at(-1)?.arguments).toMatchObject({ path: 'kill', arg: ['-KILL', '12'] });
  });

  it('starts nothing for a caller who has gone already', async () => {
    const before = socket.sent.length;
    await expect(agent.exec(['true'], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      kind: 'CANCELLED',
    });
    expect(socket.sent).toHaveLength(before);
  });
});
