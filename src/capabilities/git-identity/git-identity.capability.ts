import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { Capability } from '../capability.js';
import type { MachineDraft, VmFacts } from '../capability.js';

/**
 * Who commits in the guest: the configuration's word, or else that of who created the VM. It is git's system-wide
 * file, which the guest's own ~/.gitconfig and each repository outrank.
 */
@Injectable()
export class GitIdentityCapability extends Capability {
  readonly id = 'git-identity';

  constructor(private readonly config: Config) {
    super();
  }

  override configure(draft: MachineDraft, { gitIdentity }: VmFacts): void {
    const { name, email } = this.config.values.gitIdentity;
    const user: [string, string | undefined][] = [
      ['name', name ?? gitIdentity.name],
      ['email', email ?? gitIdentity.email],
    ];
    const lines = user.flatMap(([key, value]) =>
      value === undefined ? [] : [`\t${key} = ${quoteValue(value)}\n`],
    );
    const content = `# Written by banger at each start; put your own into ~/.gitconfig.\n${lines.length > 0 ? `[user]\n${lines.join('')}` : ''}${SAFE}`;
    draft.identityFiles.push({ path: 'etc/gitconfig', content, mode: 0o644 });
  }
}

/** One user to a machine: without it git refuses repositories that a copy has given other owners. */
const SAFE = '[safe]\n\tdirectory = *\n';

function quoteValue(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
