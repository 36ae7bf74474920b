/** a kernel of a distribution has 4,000 */
const MAX_MODULES = 20_000;
const PATH = /^(?!\/)[\w@+,.-]+(\/[\w@+,.-]+)*$/;

/**
 * What is wrong with the text of a modules.dep, in words; undefined when nothing is. The files that it names are read by the
 * daemon: all of them are to be below its own directory.
 */
export function moduleListProblem(modulesDep: string): string | undefined {
  const lines = modulesDep.split('\n').filter((line) => line !== '');
  if (lines.length > MAX_MODULES) return `its modules.dep lists more than ${MAX_MODULES} modules`;
  for (const line of lines) {
    const [path = '', needs = ''] = line.split(':', 2);
    for (const name of [path, ...needs.split(' ').filter(Boolean)])
      if (!PATH.test(name) || name.split('/').includes('..'))
        return 'its modules.dep names a file outside of its directory';
  }
  return undefined;
}
