import { describe, expect, it } from 'vitest';
import { includeLine, includes, withInclude, withoutInclude } from './ssh-config-include.js';

const A = '/var/lib/banger/ssh/config';
const B = '/home/ada/my state/ssh/config';

describe('the Include line', () => {
  it.each(['', '\n', 'Host *\n  Port 1\n', 'Host a\r\n  Port 1', '# no end of line', '\u00ff\u00fe\n'])(
    'is added before %j and taken away again byte for byte',
    (content) => {
      const added = withInclude(content, A);
      expect(added.endsWith(`\n${includeLine(A)}\n${content}`)).toBe(true);
      expect([includes(added, A), includes(added, B), includes(content, A)]).toEqual([true, false, false]);
      expect(withoutInclude(added, A)).toEqual({ content });
      expect(withoutInclude(content, A)).toBe('absent');
    },
  );

  it('goes with the file when banger made it and nothing else is in it', () => {
    const made = withInclude(undefined, A);
    expect(withoutInclude(made, A)).toBe('file');
    expect(withoutInclude(`${made}Host x\n`, A)).toEqual({ content: 'Host x\n' });
  });

  it('is one for each state directory, in any order', () => {
    const both = withInclude(withInclude('Host x\n', A), B);
    expect(withoutInclude(both, A)).toEqual({ content: withInclude('Host x\n', B) });
    expect(withoutInclude(both, B)).toEqual({ content: withInclude('Host x\n', A) });
  });

  it('leaves alone what somebody wrote by hand', () => {
    const byHand = `  ${includeLine(A)}\n`;
    expect([includes(byHand, A), withoutInclude(byHand, A)]).toEqual([true, 'absent']);
  });

  it('names one file, whatever its path holds', () => {
    expect(includeLine('/a b/*"\\')).toBe(String.raw`Include "/a b/\\*\"\\"`);
  });
});
