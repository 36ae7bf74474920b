import type { Scenario } from './interrupt.js';

/** of an image or a kernel that one command makes */
export type MadeOutcome = 'absent' | 'whole';

type MakingScenario = (command: () => readonly string[]) => Scenario<MadeOutcome>;

export const importScenario = making('image.import', 0);
export const promoteScenario = making('image.promote', 1);
export const pullScenario = making('image.pull', 2);
export const registerScenario = making('image.register', 1);
export const kernelPullScenario = making('kernel.pull', 0);
export const kernelRegisterScenario = making('kernel.register', 1);

function making(kind: string, sample: number): MakingScenario {
  return (command) => ({
    name: kind,
    kind,
    from: 'absent',
    command,
    outcomes: ['absent', 'whole'],
    sample,
  });
}
