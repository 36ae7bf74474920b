import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VmView } from '../../../src/contract/index.js';
import { NO_BACKGROUND_WORK, TestHost } from '../../support/test-host.js';

describe('a guest that never boots', () => {
  let host: TestHost;
  let scratch: string;
  beforeAll(async () => {
    host = await TestHost.create();
    scratch = mkdtempSync(join(tmpdir(), 'bgr-boot-'));
  });
  afterEach(() => host.assertClean());
  afterAll(async () => {
    rmSync(scratch, { recursive: true, force: true });
    await host.close();
  });

  /** Replaces one file of this host's image for the time of `body`. The original is shared with other hosts: never written. */
  async function withBroken(
    name: 'vmlinux' | 'initrd',
    spoil: (path: string) => void,
    body: () => Promise<void>,
  ): Promise<void> {
    const images = join(host.stateDirectory, 'images');
    const [id = ''] = readdirSync(images).filter((entry) => entry.startsWith('img_'));
    const path = join(images, id, name);
    const kept = join(scratch, name);
    copyFileSync(path, kept);
    rmSync(path);
    copyFileSync(kept, path);
    spoil(path);
    chmodSync(path, 0o644);
    try {
      await body();
    } finally {
      rmSync(path);
      copyFileSync(kept, path);
      chmodSync(path, 0o644);
    }
  }

  it('because its kernel is none: the hypervisor’s words are shown', async () => {
    await withBroken(
      'vmlinux',
      (path) => writeFileSync(path, 'this is no kernel\n'.repeat(1000)),
      async () => {
        const result = await host.banger(['vm', 'create', '--cold', '--name', 'broken']);
        expect(result, result.stderr).toMatchObject({ stdout: '', exitCode: 6 });
        expect(result.stderr).toMatch(/why: .*kernel/);
        expect(await host.banger(['vm', 'run', '--rm', '--cold', '--', 'true'])).toMatchObject({
          exitCode: 125,
        });
      },
    );
  });

  it('because its initramfs is none: the kernel’s last words are shown', async () => {
    await withBroken(
      'initrd',
      (path) => writeFileSync(path, 'this is no archive\n'.repeat(1000)),
      async () => {
        const result = await host.banger(['vm', 'create', '--cold', '--name', 'broken']);
        expect(result, result.stderr).toMatchObject({ stdout: '', exitCode: 8 });
        expect(result.stderr).toMatch(/broken did not come up: it went down while booting/);
        expect(result.stderr).toMatch(/last lines of the console:[\s\S]*Unable to mount root fs/);
        expect(result.stderr).toMatch(/^ {2}fix: /m);
        const json = await host.banger(['vm', 'run', '--rm', '--cold', '--json', '--', 'true']);
        expect(json.exitCode).toBe(125);
        expect(JSON.parse(json.stdout)).toMatchObject({
          error: {
            kind: 'VM_BOOT_FAILED',
            details: { consoleTail: expect.stringContaining('Kernel panic') },
          },
        });
      },
    );
    const healthy = await host.banger(['vm', 'run', '--rm', '--', 'echo', 'the image itself is fine']);
    expect(healthy).toMatchObject({ exitCode: 0, stdout: 'the image itself is fine\n' });
  });

  it('because it hangs: after the time of the configuration, with the console shown; a VM that had been up can go on later', async () => {
    const config = join(scratch, 'config.toml');
    writeFileSync(config, `${NO_BACKGROUND_WORK}[vm]\nboot_timeout_seconds = 8\n`);
    const healthy = await host.json<VmView>(['vm', 'create', '--name', 'once-up']);
    expect(await host.json<VmView>(['vm', 'kill', 'once-up'])).toMatchObject({
      id: healthy.id,
      state: 'stopped',
    });
    await host.banger(['daemon', 'stop']);
    const env = { BANGER_CONFIG: config };
    await withBroken('initrd', hang, async () => {
      const started = Date.now();
      const result = await host.banger(['vm', 'run', '--rm', '--cold', '--name', 'hung', '--', 'true'], {
        env,
      });
      expect(result, result.stderr).toMatchObject({ stdout: '', exitCode: 125 });
      expect(Date.now() - started, 'milliseconds').toBeLessThan(60_000);
      expect(result.stderr).toMatch(/hung did not come up: its guest agent does not answer/);
      expect(result.stderr).toMatch(/why: nothing was heard within 8 s/);
      expect(result.stderr).toMatch(/last lines of the console:[\s\S]*this guest goes nowhere/);

      expect(await host.banger(['vm', 'start', 'once-up'], { env })).toMatchObject({ exitCode: 8 });
      const failed = await host.json<VmView>(['vm', 'show', 'once-up'], { env });
      expect(failed).toMatchObject({ state: 'failed', error: { data: { kind: 'VM_BOOT_FAILED' } } });
    });
    expect(await host.machineProcesses()).toEqual([]);
    await host.banger(['daemon', 'stop']);
    expect(await host.json<VmView>(['vm', 'start', 'once-up'])).toMatchObject({ state: 'running' });
    await host.banger(['vm', 'delete', '--force', 'once-up']);
  });

  /** A second archive after the first: its /init replaces the one before. */
  function hang(path: string): void {
    writeFileSync(
      join(scratch, 'init'),
      '#!/bin/sh\n/bin/busybox echo this guest goes nowhere\nwhile :; do /bin/busybox sleep 1000; done\n',
      { mode: 0o755 },
    );
    const archive = execFileSync('cpio', ['--quiet', '-o', '-H', 'newc'], { cwd: scratch, input: 'init\n' });
    appendFileSync(path, Buffer.alloc((4 - (statSync(path).size % 4)) % 4));
    appendFileSync(path, archive);
  }
});
