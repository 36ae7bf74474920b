import type { GuestAgent } from '../hypervisor/guest-channels.js';

/** `ms` that a guest has to finish its boot: under emulation 9 to 15 s, on a busy host much more */
const BOOT_LIMIT_MS = 240_000;
const LIMIT_MS = 60_000;

/** Waits for the boot's jobs as the guest's systemd has them; one that failed keeps no machine from being used. */
const BOOTED = 'systemctl is-system-running --wait > /dev/null 2>&1; exit 0';

/**
 * What is only cached is dropped, the identity that it was given above all; what each clone runs first is read again, so
 * that none has to wait for its disk.
 */
const TIDY = `
sync
echo 3 > /proc/sys/vm/drop_caches
for warm in 'bash -lc :' 'sh -c :' 'ip link show lo' 'perl -e 1' 'sshd -t' 'cat /dev/null' 'git --version'; do
  $warm
done > /dev/null 2>&1 < /dev/null
sync
exit 0
`;

/** Brings a guest to where it has nothing more to do, and needs as little memory as it can. */
export async function settleGuest(agent: GuestAgent, signal: AbortSignal): Promise<void> {
  await agent.exec(['sh', '-c', BOOTED], { timeoutMs: BOOT_LIMIT_MS, signal });
  await agent.exec(['sh', '-c', TIDY], { timeoutMs: LIMIT_MS, signal });
}
