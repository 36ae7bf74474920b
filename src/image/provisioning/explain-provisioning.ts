import { DiskFullError, isKind, saysDiskFull } from '../../core/errors/index.js';
import { printableOutput } from './printable-output.js';
import { COMPLAINT_PREFIX, PACKAGE_MANAGERS, PROVISIONING_STATUS as STATUS } from './provisioning-status.js';
import { ImageNotProvisionableError } from './provisioning.errors.js';

interface Explanation {
  readonly reason: string;
  readonly fix: string;
}

interface Failure {
  /** null: ended by a signal */
  readonly exitCode: number | null;
  /** printable */
  readonly output: string;
}

const NO_ROOM =
  /You don't have enough free space in|more space needed on the .* filesystem|Disk requirements:/i;

const UNREACHABLE =
  /Could ?n[o']t (resolve|connect)|Temporary failure|Unable to connect|Connection (timed out|refused|failed|reset)|Network (is )?unreachable|DNS lookup error|DNS: |network error|temporary error \(try again later\)|could not connect to server|Operation timed out|Curl error \((5|6|7|28|35|52|55|56)\)/i;

const GONE =
  /does not have a Release file|\b404\b|Status code: 404|Release file .* is (expired|not valid)|: (package )?not found \(404\)/i;

/** Each names a package, or several, in its first group. */
const MISSING_PACKAGES: readonly RegExp[] = [
  /Unable to locate package (\S+)/g,
  /Package '?([^\s']+)'? has no installation candidate/g,
  /^\s*(\S+) \(no such package\)/gm,
  /No match for argument: (\S+)/g,
  /No package matches '?([^\s']+)/g,
  /No package (\S+) available/g,
];

const MAX_NAMES = 10;

const FROM_DISTRIBUTION =
  'take an image that is built on Debian, Ubuntu, Alpine or Fedora, such as debian:bookworm, or put its files into one';
const OTHER_IMAGE =
  'take an image of a release of its distribution that is still served, or build one that has these packages';
const REACH =
  'check that this host reaches the mirrors of the image; where a proxy is needed, set http_proxy and https_proxy for the daemon';
const AGAIN =
  'look at what the programs of the image have said; once the cause is gone, pull it again, or take another image';

/**
 * What a failed provisioning means to the user; other errors than that of a failed program pass through.
 * What the image's programs have said can only choose among these explanations.
 */
export function explainProvisioning(error: unknown, facts: { image: string; directory: string }): unknown {
  if (!isKind(error, 'PROCESS_FAILED')) return error;
  const { exitCode, stderrTail } = error.details;
  const output = printableOutput(stderrTail);
  if (saysDiskFull(output) || NO_ROOM.test(output)) return new DiskFullError(facts.directory, error);
  const { reason, fix } = explanation({ exitCode, output });
  return new ImageNotProvisionableError({
    image: facts.image,
    reason,
    fix,
    stderrTail: output,
    cause: error,
  });
}

const FOREIGN: Explanation = {
  reason: 'its programs are not for x86-64',
  fix: 'take the linux/amd64 variant of the image',
};

type Explain = (failure: Failure, said: string | undefined) => Explanation;

const EXPLANATIONS: Readonly<Record<number, Explain>> = {
  127: () => ({
    reason: 'it has no shell: an image of one program alone, without a distribution',
    fix: FROM_DISTRIBUTION,
  }),
  126: notExecutable,
  [STATUS.architecture]: () => FOREIGN,
  [STATUS.packageManager]: () => ({
    reason: `it has no package manager that banger knows (${PACKAGE_MANAGERS.join(', ')})`,
    fix: FROM_DISTRIBUTION,
  }),
  [STATUS.mirrors]: unavailable,
  [STATUS.download]: unavailable,
  [STATUS.release]: (_, said) => ({
    reason: `its distribution is too old: ${said ?? 'its programs are'}`,
    fix: 'take an image of a newer release',
  }),
  [STATUS.incomplete]: (_, said) => ({
    reason: said ?? 'its programs are not complete after the installation',
    fix: FROM_DISTRIBUTION,
  }),
};

function explanation(failure: Failure): Explanation {
  const said = lastComplaint(failure.output);
  const explain = EXPLANATIONS[failure.exitCode ?? -1];
  return explain?.(failure, said) ?? { reason: said ?? 'its own programs failed', fix: AGAIN };
}

function notExecutable({ output }: Failure): Explanation {
  if (/Exec format error/i.test(output)) return FOREIGN;
  return { reason: 'its shell cannot be run', fix: FROM_DISTRIBUTION };
}

/** Package lists or packages did not come. A mirror that was not reached explains a package that was not found. */
function unavailable({ exitCode, output }: Failure, said: string | undefined): Explanation {
  if (UNREACHABLE.test(output))
    return { reason: `its package mirrors were not reached${quoted(output, UNREACHABLE)}`, fix: REACH };
  if (GONE.test(output))
    return { reason: `its mirrors do not serve this release${quoted(output, GONE)}`, fix: OTHER_IMAGE };
  const missing = missingPackages(output);
  if (missing.length > 0)
    return { reason: `its mirrors have no package ${missing.join(', ')}`, fix: OTHER_IMAGE };
  return {
    reason: said ?? 'its packages could not be fetched',
    fix: exitCode === STATUS.mirrors ? REACH : AGAIN,
  };
}

/** The first line that says so. */
function quoted(output: string, pattern: RegExp): string {
  const line = output.split('\n').find((candidate) => pattern.test(candidate));
  return line === undefined ? '' : `: ${line.trim().slice(0, 200)}`;
}

function missingPackages(output: string): string[] {
  const names = MISSING_PACKAGES.flatMap((pattern) =>
    [...output.matchAll(pattern)].map(([, name = '']) => name),
  );
  return [...new Set(names)].filter((name) => /^[A-Za-z0-9][\w.+:-]{0,63}$/.test(name)).slice(0, MAX_NAMES);
}

function lastComplaint(output: string): string | undefined {
  return output
    .split('\n')
    .findLast((line) => line.startsWith(COMPLAINT_PREFIX))
    ?.slice(COMPLAINT_PREFIX.length)
    .slice(0, 200);
}
