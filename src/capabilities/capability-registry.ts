import { InternalError } from '../core/errors/index.js';
import type { Capability, MachineDraft, VmFacts } from './capability.js';

/** Runs the capabilities in their declared order. Duplicate ids, unknown names in `after` and cycles fail the boot. */
export class CapabilityRegistry {
  readonly #ordered: readonly Capability[];

  constructor(capabilities: readonly Capability[]) {
    this.#ordered = order(capabilities);
  }

  get ids(): string[] {
    return this.#ordered.map((capability) => capability.id);
  }

  configure(facts: VmFacts): MachineDraft {
    const draft: MachineDraft = { identityFiles: [], nics: [], bootArguments: [] };
    for (const capability of this.#ordered) capability.configure(draft, facts);
    return draft;
  }
}

function order(capabilities: readonly Capability[]): Capability[] {
  const byId = new Map<string, Capability>();
  for (const capability of capabilities) {
    if (byId.has(capability.id)) throw new InternalError(`two capabilities are called ${capability.id}`);
    byId.set(capability.id, capability);
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
