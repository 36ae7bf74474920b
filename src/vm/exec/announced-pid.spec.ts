import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { AnnouncedPid } from './announced-pid.js';

function announcement(): { pid: AnnouncedPid; line: string } {
  const pid = new AnnouncedPid();
  const mark = /[0-9a-f]{32}/.exec(pid.announced('true'))?.[0] ?? '';
  return { pid, line: `${mark} 4711` };
}

async function through(pid: AnnouncedPid, chunks: readonly string[]) {
  const output = text(pid);
  for (const chunk of chunks) pid.write(chunk);
  pid.end();
  return { output: await output, pid: await pid.pid };
}

describe('AnnouncedPid', () => {
  it.each(['\n', '\r\n'])('takes the number out of the output (%j)', async (end) => {
    const { pid, line } = announcement();
    expect(await through(pid, [`${line}${end}out`, 'put'])).toEqual({ output: 'output', pid: 4711 });
  });

  it('finds it however it is cut up, and after what a start file prints', async () => {
    const { pid, line } = announcement();
    expect(await through(pid, `hello\n${line}\nbyte by byte`.split(''))).toEqual({
      output: 'hello\nbyte by byte',
      pid: 4711,
    });
  });

  it('lets everything through where there is none', async () => {
    const { pid, line } = announcement();
    expect(await through(pid, ['short'])).toEqual({ output: 'short', pid: undefined });
    const long = 'x'.repeat(70_000);
    expect(await through(new AnnouncedPid(), [long, `${line}\n`])).toEqual({
      output: `${long}${line}\n`,
      pid: undefined,
    });
  });

  it('waits no longer when the output is no more', async () => {
    const { pid } = announcement();
    pid.destroy();
    expect(await pid.pid).toBeUndefined();
  });
});
