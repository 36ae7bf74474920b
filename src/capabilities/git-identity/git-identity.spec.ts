import { expect, it } from 'vitest';
import { plainConfig } from '../../../test/support/fakes/test-config.js';
import type { MachineDraft, VmFacts } from '../capability.js';
import { GitIdentityCapability } from './git-identity.capability.js';

function gitconfig(
  creator: VmFacts['gitIdentity'],
  configured: { name: string | undefined; email: string | undefined },
): string | undefined {
  const draft: MachineDraft = { identityFiles: [], nics: [], bootArguments: [] };
  const capability = new GitIdentityCapability(plainConfig('root', { gitIdentity: configured }));
  capability.configure(draft, { gitIdentity: creator } as VmFacts);
  const [file] = draft.identityFiles;
  expect(file?.path).toBe('etc/gitconfig');
  return file?.content.replace(/^#.*\n/, '');
}

const NOBODY = { name: undefined, email: undefined };
const SAFE = '[safe]\n\tdirectory = *\n';

it('is the creator’s, the configuration’s where it says something, and nobody’s where nothing is known', () => {
  expect(gitconfig({ name: 'Ada', email: 'ada@x' }, NOBODY)).toBe(
    `[user]\n\tname = "Ada"\n\temail = "ada@x"\n${SAFE}`,
  );
  expect(gitconfig({ name: 'Ada', email: 'ada@x' }, { name: 'Bot', email: undefined })).toBe(
    `[user]\n\tname = "Bot"\n\temail = "ada@x"\n${SAFE}`,
  );
  expect(gitconfig(NOBODY, NOBODY)).toBe(SAFE);
});

it('cannot smuggle other settings in', () => {
  expect(gitconfig({ name: 'A" ; \\n[core] #', email: undefined }, NOBODY)).toBe(
    `[user]\n\tname = "A\\" ; \\\\n[core] #"\n${SAFE}`,
  );
});
