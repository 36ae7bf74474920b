import { expect } from 'vitest';
import type { TestHost } from './test-host.js';

/** What must be a machine's own, a line each, as its shell tells it. The journal's takes a few seconds to follow. */
const LOOK = `
hostname
cat /etc/hostname /etc/machine-id /proc/sys/kernel/random/boot_id
cat /proc/sys/kernel/random/uuid
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n'; echo
cat /sys/class/net/eth0/address
cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub
sha256sum < /etc/ssh/ssh_host_ed25519_key
cat /var/lib/systemd/random-seed 2>/dev/null | sha256sum
grep -c template /etc/hostname /etc/hosts /etc/banger/identity.env | tr '\\n' ' '; echo
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  [ "$(ls /run/log/journal)" = "$(cat /etc/machine-id)" ] && break
  sleep 1
done
ls /run/log/journal
journalctl -q -n 1 -o verbose | sed -n 's/^ *_BOOT_ID=//p'
`;

/** Lines of what {@link identityOf} reads that no two machines may have alike. */
export const OWN_LINES = [
  ['host name', 0],
  ['name in /etc/hostname', 1],
  ['machine id', 2],
  ['boot id', 3],
  ['UUID that its kernel draws', 4],
  ['random bytes', 5],
  ['hardware address', 6],
  ['SSH host key, public half', 7],
  ['SSH host key, private half', 8],
  ['journal', 11],
] as const;

/** What a guest is by its own word, line by line. */
export async function identityOf(host: TestHost, vm: string): Promise<string[]> {
  const look = await host.banger(['vm', 'exec', vm, '--', 'sh', '-c', LOOK]);
  expect(look, look.stderr).toMatchObject({ exitCode: 0, stderr: '' });
  return look.stdout.trimEnd().split('\n');
}
