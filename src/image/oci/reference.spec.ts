import { describe, expect, it } from 'vitest';
import { formatReference, localImageName, parseReference } from './reference.js';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('references', () => {
  it.each([
    ['debian', 'docker.io/library/debian:latest', 'debian'],
    ['debian:12', 'docker.io/library/debian:12', 'debian:12'],
    ['docker.io/debian', 'docker.io/library/debian:latest', 'debian'],
    ['index.docker.io/ada/tool:v1', 'docker.io/ada/tool:v1', 'tool:v1'],
    ['docker.io/library/debian:12', 'docker.io/library/debian:12', 'debian:12'],
    ['ada/tool', 'docker.io/ada/tool:latest', 'tool'],
    ['ghcr.io/ada/a/b__c:1.2-x_y', 'ghcr.io/ada/a/b__c:1.2-x_y', 'b__c:1.2-x_y'],
    ['localhost/x', 'localhost/x:latest', 'x'],
    ['localhost:5000/x:y', 'localhost:5000/x:y', 'x:y'],
    ['127.0.0.1:5000/x', '127.0.0.1:5000/x:latest', 'x'],
    ['[::1]:5000/x', '[::1]:5000/x:latest', 'x'],
    ['Registry.Example.ORG/x', 'registry.example.org/x:latest', 'x'],
    [`debian@${DIGEST}`, `docker.io/library/debian@${DIGEST}`, 'debian'],
    [`debian:12@${DIGEST}`, `docker.io/library/debian:12@${DIGEST}`, 'debian:12'],
  ])('%s is %s, here called %s', (text, full, local) => {
    const reference = parseReference(text);
    expect([formatReference(reference), localImageName(reference)]).toEqual([full, local]);
    expect(parseReference(full)).toEqual(reference);
  });

  it.each([
    ['', 'it is empty'],
    ['https://ghcr.io/ada/tool', 'it is an address'],
    ['Debian', 'has capital letters'],
    ['ghcr.io/Ada/tool', 'has capital letters'],
    // in small letters it would be a path at Docker's
    ['Ada/tool', 'has capital letters'],
    ['ghcr.io/', 'a part of its path is empty'],
    ['ghcr.io//x', 'a part of its path is empty'],
    ['ghcr.io/../x', 'is no part of a path'],
    ['ghcr.io/a/..', 'is no part of a path'],
    ['ghcr.io/a?b', 'is no part of a path'],
    ['ghcr.io/a\nb', 'is no part of a path'],
    ['ghcr.io/a%2fb', 'is no part of a path'],
    ['-x.io/a', 'is no name of a registry'],
    ['x.io:0/a', 'is no name of a registry'],
    ['x.io:70000/a', 'is no name of a registry'],
    ['user:pass@x.io/a', 'what follows the "@" is no digest'],
    ['debian:', '"" is no tag'],
    ['debian:-x', '"-x" is no tag'],
    [`debian:${'x'.repeat(129)}`, 'is no tag'],
    ['debian@sha512:00', 'is no digest'],
    [`debian@${DIGEST.toUpperCase()}`, 'is no digest'],
    [`debian@${DIGEST}@${DIGEST}`, 'is no digest'],
    ['x/'.repeat(130) + 'x', 'longer than 255'],
    ['x'.repeat(2000), 'longer than 1024'],
  ])('%j is refused: %s', (text, reason) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({
        kind: 'IMAGE_REFERENCE_INVALID',
        why: expect.stringContaining(reason) as string,
      }) as Error,
    );
  });
});
