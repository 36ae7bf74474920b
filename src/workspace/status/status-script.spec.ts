import { describe, expect, it } from 'vitest';
import { statusScript } from './status-script.js';

describe('the script that tells the status', () => {
  it('takes paths as they are', () => {
    const script = statusScript({ path: `/root/it's $(here)`, base: undefined });
    expect(script).toContain(String.raw`path='/root/it'\''s $(here)'`);
    expect(script).toContain("imported=''");
  });

  it('writes nothing', () => {
    const script = statusScript({ path: '/root/x', base: 'a'.repeat(40) });
    expect(script).toContain('GIT_OPTIONAL_LOCKS=0');
    expect(script.replaceAll(/2?>(?:\/dev\/null|&2)/g, '')).not.toMatch(/[^-]>/);
    expect(script).not.toMatch(/\b(?:mktemp|cp|rm|mv|tee|touch)\b/);
  });
});
