import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { NodeProcessRunner } from '../../../src/core/process/index.js';
import { ExitNotices } from '../../../src/session/control/exit-notices.js';
import type { Session } from '../../../src/session/session.types.js';
import { plainConfig } from '../../support/fakes/test-config.js';

it('the ends of a VM’s sessions are told one after the other, with what there is to know', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bgr-notices-'));
  const told = join(directory, 'told');
  try {
    const script = `echo "begin $BANGER_SESSION $BANGER_SESSION_NAME $BANGER_VM $BANGER_STATE $BANGER_EXIT_CODE" >> ${told}
      sleep 0.2; echo "end $BANGER_SESSION" >> ${told}`;
    const sessions = { outputMib: 1, notifyCommand: ['sh', '-c', script] };
    const notices = new ExitNotices(plainConfig('user', { sessions }), new NodeProcessRunner());
    const ended = (id: string, vmName: string): Session =>
      ({ id, name: 'n', vmId: vmName, vmName, state: 'exited', exitCode: 3 }) as Session;
    await Promise.all(
      [ended('one', 'a'), ended('two', 'a'), ended('three', 'a'), ended('other', 'b')].map((session) =>
        notices.run(session),
      ),
    );
    const lines = readFileSync(told, 'utf8').trimEnd().split('\n');
    expect(lines.filter((line) => !line.includes('other'))).toEqual(
      ['one', 'two', 'three'].flatMap((id) => [`begin ${id} n a exited 3`, `end ${id}`]),
    );
    expect(lines.indexOf('begin other n b exited 3')).toBeLessThan(lines.indexOf('begin two n a exited 3'));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
