import { describe, expect, it } from 'vitest';
import { MAX_SPEC_BYTES } from './follower-program.js';
import { readSpec, writeSpec } from './session-spec.js';
import type { SessionSpec } from './session-spec.js';

const SPEC: SessionSpec = {
  name: 'dev.server-1',
  command: ['npm', 'run', 'ünï\n"code"'],
  cwd: '/work space',
  terminal: true,
  stdin: true,
  timeoutSeconds: 60,
  onExit: 'notify',
  createdAt: new Date('2026-01-02T03:04:05.678Z'),
};
const told = (value: unknown): SessionSpec => readSpec(Buffer.from(JSON.stringify(value)));

describe('what a guest keeps of a session', () => {
  it('is read as it was written', () => {
    expect(readSpec(writeSpec(SPEC))).toEqual(SPEC);
    const bare = { ...SPEC, name: undefined, command: [], timeoutSeconds: undefined, onExit: undefined };
    expect(readSpec(writeSpec(bare))).toEqual(bare);
  });

  it('has the beginning of a command that is too long', () => {
    const long = writeSpec({ ...SPEC, command: ['ä'.repeat(50_000), 'x'.repeat(1 << 20)] });
    expect(long.length).toBeLessThanOrEqual(MAX_SPEC_BYTES);
    expect(readSpec(long)).toEqual({ ...SPEC, command: ['ä'.repeat(1024), '…'] });
  });

  const EMPTY = { command: [], cwd: '/', terminal: false, stdin: false };
  it.each([
    '',
    'null',
    '[]',
    '"text"',
    '17',
    '{"name":',
    '{"name":17,"command":"rm -rf /","cwd":{},"terminal":1,"stdin":"true","timeoutSeconds":"5"}',
    '{"name":"../x","onExit":"rm"}',
    '{"name":"-x"}',
    '{"name":"a\\u001b[31m"}',
    `{"name":"${'a'.repeat(64)}"}`,
    '{"onExit":"toString","__proto__":{"terminal":true}}',
    '{"timeoutSeconds":1.5}',
    '{"timeoutSeconds":-1}',
    '{"timeoutSeconds":0}',
    // more than its column holds: the VM's sessions would not be followed at all
    '{"timeoutSeconds":4294967296}',
    '{"createdAt":"yesterday"}',
    '{"createdAt":17}',
  ])('is left out where it is not what it should be: %j', (text) => {
    const spec = readSpec(Buffer.from(text));
    expect(spec).toMatchObject(EMPTY);
    expect([spec.name, spec.timeoutSeconds, spec.onExit]).toEqual([undefined, undefined, undefined]);
    expect(Math.abs(spec.createdAt.getTime() - Date.now())).toBeLessThan(60_000);
  });

  it('keeps of a command what is text', () => {
    expect(told({ command: ['a', 1, null, ['b'], 'c'] }).command).toEqual(['a', 'c']);
    expect(told({ cwd: 'x'.repeat(50_000) }).cwd).toHaveLength(4096);
  });

  it('is bytes that are no text', () => {
    expect(readSpec(Buffer.from([0xff, 0xfe, 0x00]))).toMatchObject(EMPTY);
  });
});
