/** @param selectors `K=V`, or `K` for any value; all of them must fit */
export function hasLabels(labels: Readonly<Record<string, string>>, selectors: readonly string[]): boolean {
  return selectors.every((selector) => {
    const equals = selector.indexOf('=');
    const name = equals < 0 ? selector : selector.slice(0, equals);
    if (!Object.hasOwn(labels, name)) return false;
    return equals < 0 || labels[name] === selector.slice(equals + 1);
  });
}
