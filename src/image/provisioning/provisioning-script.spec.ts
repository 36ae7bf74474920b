import { describe, expect, it } from 'vitest';
import { provisioningScript } from './provisioning-script.js';
import { PROVISIONING_STATUS } from './provisioning-status.js';

const script = provisioningScript();

describe('the provisioning script', () => {
  it('is one argument of a program', () => {
    expect(Buffer.byteLength(script)).toBeLessThan(64 * 1024);
    expect(script).not.toContain('\0');
  });

  it('puts no value of banger into its text', () => {
    expect(script).not.toMatch(/undefined|\[object|NaN/);
    expect(provisioningScript()).toBe(script);
  });

  it('never runs a file of the tree as shell text', () => {
    expect(script).not.toMatch(/^\s*(\.|source|eval)\s/m);
  });

  it('can end with each of its statuses, and with no other of its own', () => {
    const own = new Set(
      [...script.matchAll(/(?:refuse|failure=|exit )\s?(4\d)\b/g)].map(([, status]) => Number(status)),
    );
    expect([...own].toSorted()).toEqual(Object.values(PROVISIONING_STATUS).toSorted());
  });

  it('sets everything that it reads but the facts that it may be given', () => {
    const read = [...script.matchAll(/\$\{([A-Z][A-Z_]*):-\}/g)].map(([, name]) => name);
    expect([...new Set(read)].toSorted()).toEqual(['BANGER_APT_MIRRORS', 'BANGER_APT_OPTIONS']);
  });
});
