import type { Accelerator } from '../hypervisor.js';

/** What QEMU's q35 machine needs on a Linux command line, whatever the image. */
const ALWAYS = [
  // the only console that the machine has
  'console=ttyS0',
  // A panic ends the VMM at once (with -no-reboot) and is seen, instead of a machine that hangs for ever.
  'panic=-1',
];

const EMULATED_ONLY = [
  // Under a loaded host the emulated timer misses the kernel's window of 10 ticks and the kernel panics
  // ("IO-APIC + timer doesn't work"). KVM guests switch the check off by themselves.
  'no_timer_check',
  // The guest's TSC is the host's. The watchdog compares it with the emulated ACPI timer, whose reads wait for the
  // host's scheduler: it would call a good TSC unstable and leave the guest a clock that costs an exit per reading.
  'tsc=reliable',
  // There is no speculation in an emulator to protect against; the thunks only cost. Under KVM the kernel's own
  // choice stands: there the guest's users share a real processor.
  'mitigations=off',
];

/**
 * The driver's arguments come first: of most arguments the kernel takes the last, so an image can override them.
 * Nothing states the TSC's frequency: the kernel measures it on q35, and a wrong one makes the guest's time run wrong.
 */
export function kernelCommandLine(bootArguments: readonly string[], accelerator: Accelerator): string {
  return [...new Set([...ALWAYS, ...(accelerator === 'tcg' ? EMULATED_ONLY : []), ...bootArguments])].join(
    ' ',
  );
}
