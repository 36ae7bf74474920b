import { qemuMemory } from '../qemu-arguments.js';

/** The descriptor with which a receiver gets its memory. */
export const RECEIVER_MEMORY = 3;

/** What a QEMU is made of that takes in the state of another one. */
export interface ReceiverFacts {
  /** argument that no other process has */
  readonly marker: string;
  readonly memoryMib: number;
  /** for its sockets; those of the other one are in `sourceDirectory` */
  readonly runtimeDirectory: string;
  readonly sourceDirectory: string;
  /** `bytes` that the guest sees of each drive, by node name */
  readonly driveBytes: ReadonlyMap<string, number>;
}

const FIXED = new Set(['-nodefaults', '-no-user-config', '-no-reboot', '-S']);

/**
 * The same machine as that of a QEMU that runs, which its own command line tells best, whoever has started it: with
 * drives that hold nothing, and memory that it is given. Pure.
 * @param argv of the running one, the program's name first
 */
export function receiverArguments(argv: readonly string[], facts: ReceiverFacts): string[] {
  const args: string[] = [];
  for (let at = 1; at < argv.length; at += 1) {
    const option = argv[at] ?? '';
    if (FIXED.has(option)) {
      args.push(option);
      continue;
    }
    at += 1;
    const value = translated(option, argv[at] ?? '', facts);
    if (value !== undefined) args.push(option, value);
  }
  // Allocated beforehand: each page that it took from the host while the guest stands still made that five times as long.
  return [
    ...args,
    ...qemuMemory(facts.memoryMib, `/proc/self/fd/${RECEIVER_MEMORY}`, { share: true, allocated: true }),
    '-incoming',
    'defer',
  ];
}

/** Undefined for what a receiver has another way, or not at all. */
function translated(option: string, value: string, facts: ReceiverFacts): string | undefined {
  switch (option) {
    case '-name':
      return value.startsWith('process=') ? 'process=bgr-saving' : facts.marker;
    case '-blockdev':
      return emptyDrive(value, facts.driveBytes);
    case '-netdev':
      return value.replaceAll(/,hostfwd=[^,]*/g, '');
    case '-chardev':
      return value.replace(`path=${facts.sourceDirectory}/`, `path=${facts.runtimeDirectory}/`);
    case '-object':
      return value.startsWith('memory-backend-') ? undefined : value;
    case '-machine':
      return value.startsWith('memory-backend=') ? undefined : value;
    case '-incoming':
      return undefined;
    default:
      return value;
  }
}

function emptyDrive(value: string, driveBytes: ReceiverFacts['driveBytes']): string {
  const { 'node-name': node, 'read-only': readOnly } = JSON.parse(value) as {
    'node-name': string;
    'read-only': boolean;
  };
  return JSON.stringify({
    driver: 'null-co',
    'node-name': node,
    'read-only': readOnly,
    size: driveBytes.get(node) ?? 0,
    'read-zeroes': true,
  });
}
