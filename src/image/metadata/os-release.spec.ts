import { expect, it } from 'vitest';
import { distributionName } from './os-release.js';

it.each([
  ['ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n', 'Debian GNU/Linux 12 (bookworm)'],
  ["PRETTY_NAME='Alpine Linux v3.20'\n", 'Alpine Linux v3.20'],
  ['PRETTY_NAME=Plain\n', 'Plain'],
  ['PRETTY_NAME="\u001b[31mred\u202e"\n', '[31mred'],
  [`PRETTY_NAME="${'x'.repeat(500)}"`, 'x'.repeat(100)],
  ['PRETTY_NAME="$(reboot)"', '$(reboot)'],
  ['PRETTY_NAME=""', undefined],
  ['NAME=x', undefined],
])('%j is called %j', (text, name) => {
  expect(distributionName(text)).toBe(name);
});
