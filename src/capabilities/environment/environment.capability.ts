import { quoteShellWord } from '../../core/ssh/index.js';
import { Capability } from '../capability.js';
import type { MachineDraft, VmFacts } from '../capability.js';

/** The VM's own variables, for login shells; commands run by banger get them directly. */
export class EnvironmentCapability extends Capability {
  readonly id = 'environment';

  override configure(draft: MachineDraft, facts: VmFacts): void {
    const lines = Object.entries(facts.env).map(
      ([name, value]) => `export ${name}=${quoteShellWord(value)}\n`,
    );
    draft.identityFiles.push({ path: 'etc/banger/environment', content: lines.join(''), mode: 0o600 });
  }
}
