/** `3.1 of 90.0 MiB`, and the part of it, where the whole is known; both `bytes`. */
export function formatProgress(done: number, total: number | undefined): [text: string, part?: number] {
  const mib = (bytes: number): string => (bytes / 1024 ** 2).toFixed(1);
  if (total === undefined) return [`${mib(done)} MiB`];
  return [`${mib(done)} of ${mib(total)} MiB`, Math.min(1, done / Math.max(total, 1))];
}
