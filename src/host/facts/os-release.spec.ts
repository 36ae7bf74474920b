import { expect, it } from 'vitest';
import { parseOsRelease } from './os-release.js';

it('reads os-release in each of its ways to quote', () => {
  const texts = [
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n',
    `ID='alpine'\nPRETTY_NAME='Alpine Linux'\n`,
    'ID=odd\nNAME="The \\"Odd\\" One"\n# PRETTY_NAME="no"\n',
    '',
  ];
  expect(texts.map(parseOsRelease)).toEqual([
    { id: 'debian', name: 'Debian GNU/Linux 12 (bookworm)' },
    { id: 'alpine', name: 'Alpine Linux' },
    { id: 'odd', name: 'The "Odd" One' },
    { id: '', name: '' },
  ]);
});
