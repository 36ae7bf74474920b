import { printableOutput } from './printable-output.js';
import { FACT_PREFIX } from './provisioning-status.js';
import { ImageNotProvisionableError } from './provisioning.errors.js';

/** What the script has found and done. */
export interface Provisioned {
  readonly init: 'systemd' | 'openrc';
  /** name and version, as in os-release: up to 100 printable characters */
  readonly distribution: string;
  readonly sshUnit: 'ssh' | 'sshd';
  /** how many packages were asked for; what these need comes on top */
  readonly packages: number;
}

const MAX_DISTRIBUTION = 100;

/** Reads the facts at the end of stdout; a program of the image may have written before them. @throws ImageNotProvisionableError */
export function readProvisioned(stdout: string, image: string): Provisioned {
  const facts = new Map<string, string>();
  for (const line of stdout.slice(-4096).split('\n')) {
    if (!line.startsWith(FACT_PREFIX)) continue;
    const [name = '', ...value] = line.slice(FACT_PREFIX.length).split('=');
    facts.set(name, value.join('='));
  }
  const init = oneOf(['systemd', 'openrc'] as const, facts.get('init'));
  const sshUnit = oneOf(['ssh', 'sshd'] as const, facts.get('sshd-unit'));
  const packages = Number(facts.get('packages'));
  if (init === undefined || sshUnit === undefined || !Number.isSafeInteger(packages) || packages < 0) {
    throw new ImageNotProvisionableError({
      image,
      reason: 'it was provisioned without saying what came of it',
      stderrTail: printableOutput(stdout),
      fix: 'take an image whose shell and programs are those of its distribution',
    });
  }
  const distribution = printableOutput(facts.get('distribution') ?? '', MAX_DISTRIBUTION * 4)
    .replaceAll(/\s+/g, ' ')
    .slice(0, MAX_DISTRIBUTION);
  return { init, sshUnit, packages, distribution: distribution === '' ? 'Linux' : distribution };
}

function oneOf<T extends string>(values: readonly T[], found: string | undefined): T | undefined {
  return values.find((value) => value === found);
}
