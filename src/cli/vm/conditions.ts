import type { VmView } from '../../contract/vm.dto.js';

/** A guest that was halted does not run, whatever its VM's state. */
export function shownState({ state, conditions = [] }: VmView): string {
  return conditions.some(({ kind }) => kind === 'halted') ? 'halted' : state;
}

/** What is wrong with VMs that run: what is the same for several is said once. */
export function remarks(vms: readonly VmView[]): string[] {
  const names = new Map<string, string[]>();
  for (const { name, conditions = [] } of vms) {
    for (const { message, fix } of conditions) {
      const remark = `${message}\n  fix: ${fix}`;
      names.set(remark, [...(names.get(remark) ?? []), name]);
    }
  }
  return [...names].map(([remark, of]) => `${of.join(', ')}: ${remark}`);
}
