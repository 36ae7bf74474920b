/**
 * Works on each item, so many at once, and begins with the first ones. Results in the order of the items; `work` does
 * not throw.
 */
export async function sideBySide<Item, T>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  // one iterator for all workers
  const rest = items.entries();
  const worker = async (): Promise<void> => {
    for (const [at, item] of rest) results[at] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
