import { expect, it } from 'vitest';
import { environmentFile, sshEnvironment } from './image-environment.js';

it('tells sshd everything in the one line that it reads', () => {
  expect(sshEnvironment({ A: "it's", B: 'x # y', C: '' })).toEqual([`SetEnv "A=it's" "B=x # y" "C="`]);
  expect(sshEnvironment({})).toEqual([]);
});

it('lets no value end its quotes or its line', () => {
  expect(sshEnvironment({ A: 'x" "PermitRootLogin=yes', B: 'a\nPermitRootLogin yes', C: '\\' })).toEqual([]);
});

it('quotes each value for the shell', () => {
  expect(environmentFile({ A: `$(id) '"`, B: 'a\nb' })).toEqual({
    path: 'etc/banger/image-environment',
    mode: 0o644,
    content: `export A='$(id) '\\''"'\nexport B='a\nb'\n`,
  });
});
