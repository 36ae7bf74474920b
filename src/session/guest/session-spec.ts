import { SESSION_ON_EXIT } from '../../contract/index.js';
import type { NewSession } from '../session.repository.js';
import { MAX_SPEC_BYTES } from './follower-program.js';

/** `s`: a year, as a request may say */
const MAX_SECONDS = 31_536_000;

/** What the guest keeps of a session for whoever finds it: another daemon, or that of a copy of the VM. */
export type SessionSpec = Pick<
  NewSession,
  'name' | 'command' | 'cwd' | 'terminal' | 'stdin' | 'timeoutSeconds' | 'onExit' | 'createdAt'
>;

export function writeSpec(spec: SessionSpec): Buffer {
  const { name, command, cwd, terminal, stdin, timeoutSeconds, onExit, createdAt } = spec;
  const known = { name, cwd, terminal, stdin, timeoutSeconds, onExit, createdAt };
  const whole = Buffer.from(JSON.stringify({ ...known, command }));
  if (whole.length <= MAX_SPEC_BYTES) return whole;
  return Buffer.from(JSON.stringify({ ...known, command: [command[0]?.slice(0, 1024) ?? '', '…'] }));
}

/** Of what a guest has there, as far as it is what it should be. */
export function readSpec(bytes: Buffer): SessionSpec {
  const told = parse(bytes);
  const text = (key: string): string | undefined =>
    typeof told[key] === 'string' ? told[key].slice(0, 4096) : undefined;
  const createdAt = new Date(text('createdAt') ?? NaN);
  const { command } = told;
  return {
    name: text('name')?.match(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)?.[0],
    command: Array.isArray(command) ? command.filter((word) => typeof word === 'string') : [],
    cwd: text('cwd') ?? '/',
    terminal: told['terminal'] === true,
    stdin: told['stdin'] === true,
    timeoutSeconds: isSeconds(told['timeoutSeconds']) ? told['timeoutSeconds'] : undefined,
    onExit: SESSION_ON_EXIT.find((known) => known === told['onExit']),
    createdAt: Number.isNaN(createdAt.getTime()) ? new Date() : createdAt,
  };
}

/** Within what the database holds. */
function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= MAX_SECONDS;
}

function parse(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
