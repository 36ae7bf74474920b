import { setTimeout as delay } from 'node:timers/promises';
import type { TestHost } from '../../support/test-host.js';
import { readBooks } from './books.js';
import type { Books } from './books.js';
import { fileDeviations } from './file-deviations.js';
import { readMachine } from './machine-facts.js';
import type { MachineFacts } from './machine-facts.js';
import { resourceDeviations } from './resource-deviations.js';
import { vmDeviations } from './vm-deviations.js';

export interface OracleOptions {
  /** devices that were there before the host was (`bangerDevices()`), and are none of its business */
  readonly devicesBefore?: readonly string[];
  /** `ms`: a program that a dead daemon had started may take a moment to end by itself */
  readonly settlingMs?: number;
}

/**
 * Compares the books of a host with the machine, after its daemon has answered, while no command runs: nothing without
 * an owner, nothing half-way, nothing that is only written down. One sentence per deviation; none when they agree.
 */
export async function deviations(
  host: TestHost,
  { devicesBefore = [], settlingMs = 3000 }: OracleOptions = {},
): Promise<string[]> {
  const deadline = Date.now() + settlingMs;
  for (;;) {
    const books = readBooks(host);
    const machine = await readMachine(host);
    const found = compare(books, machine, { host, devicesBefore });
    if (found.length === 0 || Date.now() > deadline) return found;
    await delay(100);
  }
}

function compare(
  books: Books,
  machine: MachineFacts,
  { host, devicesBefore }: { host: TestHost; devicesBefore: readonly string[] },
): string[] {
  return [
    ...operationDeviations(books),
    ...books.vms.flatMap((vm) => vmDeviations(vm, books, machine)),
    ...resourceDeviations(books, machine),
    ...processDeviations(books, machine),
    ...fileDeviations(books, machine, host),
    ...machine.mounts.map((mount) => `something is still mounted: ${mount}`),
    ...machine.loopDevices.map((device) => `a loop device is still attached: ${device}`),
    ...machine.devices
      .filter((device) => !devicesBefore.includes(device))
      .filter((device) => !books.resources.some(({ key }) => key === device))
      .map((device) => `the device ${device} is in no ledger`),
  ];
}

function operationDeviations(books: Books): string[] {
  return [
    ...books.runningOperations.map(
      ({ id, kind, subjectName }) => `the operation ${id} (${kind} of ${subjectName}) still says it runs`,
    ),
    ...books.openSteps.map(
      ({ operationId, name }) => `the step ${name} of the ended operation ${operationId} still says it runs`,
    ),
  ];
}

/** Every process of the host is its daemon, or the one VMM of a VM that runs. */
function processDeviations(books: Books, machine: MachineFacts): string[] {
  const owned = new Map(
    books.vms.filter(({ state }) => state === 'running').map((vm) => [vm.vmmPid, vm.name]),
  );
  return machine.processes
    .filter(({ pid }) => pid !== machine.daemonPid && !owned.has(pid))
    .map(({ pid, commandLine }) => `nobody owns the process ${pid}: ${commandLine.slice(0, 300)}`);
}
