/** Room on a file system of the guest; `bytes`. */
export interface GuestDisk {
  readonly mountPoint: string;
  readonly totalBytes: number;
  readonly availableBytes: number;
}

export interface GuestReport {
  readonly disks: readonly GuestDisk[];
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number } | undefined;
}

/** POSIX, and of programs that every image with a shell has. `df` says "/" twice where /root is no disk of its own. */
export const REPORT_COMMAND = [
  'sh',
  '-c',
  'LC_ALL=C df -Pk / /root 2>/dev/null; head -n 8 /proc/meminfo 2>/dev/null',
] as const;

const DISK_LINE = /^\S+ +(\d{1,15}) +\d{1,15} +(\d{1,15}) +\d+% +(\/(?:root)?)$/;

/** Reads what a guest printed, which may be anything: only the two mount points asked for, and whole numbers. */
export function parseGuestReport(text: string): GuestReport {
  const disks = new Map<string, GuestDisk>();
  for (const line of text.slice(0, 64 * 1024).split('\n')) {
    const [, total, available, mountPoint] = DISK_LINE.exec(line.trimEnd()) ?? [];
    if (mountPoint === undefined || Number(total) === 0) continue;
    disks.set(mountPoint, {
      mountPoint,
      totalBytes: Number(total) * 1024,
      availableBytes: Math.min(Number(available), Number(total)) * 1024,
    });
  }
  const kib = (name: string): number | undefined => {
    const [, digits] = new RegExp(`^${name}: +(\\d{1,15}) kB$`, 'm').exec(text) ?? [];
    return digits === undefined ? undefined : Number(digits);
  };
  const total = kib('MemTotal');
  const available = kib('MemAvailable');
  const memory =
    total === undefined || total === 0 || available === undefined
      ? undefined
      : { totalBytes: total * 1024, availableBytes: Math.min(available, total) * 1024 };
  return { disks: [...disks.values()], memory };
}
