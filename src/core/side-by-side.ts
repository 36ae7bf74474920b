/**
 * Works on each name, so many at once, and begins with the first ones. Results in the order of the names; `work` does
 * not throw.
 */
export async function sideBySide<T>(
  names: readonly string[],
  atOnce: number,
  work: (name: string) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < names.length; at = next++) results[at] = await work(names[at] ?? '');
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, names.length) }, worker));
  return results;
}
