import { expect } from 'vitest';
import type { SessionView } from '../../src/contract/index.js';
import type { TestHost } from './test-host.js';

/** Starts a session; fails the test when it fails. @param words options and VM */
export async function startSession(
  host: TestHost,
  words: readonly string[],
  command: readonly string[],
): Promise<SessionView> {
  const result = await host.banger(['vm', 'session', 'start', '--json', ...words, '--', ...command]);
  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  return JSON.parse(result.stdout) as SessionView;
}
