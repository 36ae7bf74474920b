import { InternalError, invariant } from '../core/errors/index.js';
import type { Capability } from './capability.js';

/**
 * Each after those that it names, otherwise in the order given.
 * @throws InternalError for a malformed or duplicate id, an unknown name in `after`, and a cycle
 */
export function orderCapabilities(capabilities: readonly Capability[]): Capability[] {
  const byId = new Map<string, Capability>();
  for (const capability of capabilities) {
    const { id } = capability;
    invariant(/^[a-z]+(-[a-z]+)*$/.test(id), `${JSON.stringify(id)} can be the name of a capability`);
    if (byId.has(id)) throw new InternalError(`two capabilities are called ${id}`);
    byId.set(id, capability);
  }
  const ordered: Capability[] = [];
  const visiting: string[] = [];
  const visit = (id: string, neededBy: string): void => {
    const capability = byId.get(id);
    if (capability === undefined)
      throw new InternalError(`capability ${neededBy} comes after ${id}, which does not exist`);
    if (ordered.includes(capability)) return;
    if (visiting.includes(id))
      throw new InternalError(`capabilities wait for each other: ${[...visiting, id].join(' → ')}`);
    visiting.push(id);
    for (const other of capability.after) visit(other, id);
    visiting.pop();
    ordered.push(capability);
  };
  for (const capability of capabilities) visit(capability.id, capability.id);
  return ordered;
}
