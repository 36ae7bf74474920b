import type { ImageOutcome } from './chaos-image.js';
import type { Scenario } from './interrupt.js';

export function imageScenarios(command: readonly string[]): Scenario<ImageOutcome>[] {
  return [
    {
      name: 'image.build',
      kind: 'image.build',
      from: 'absent',
      command: () => command,
      outcomes: ['absent', 'whole'],
      sample: 3,
    },
    {
      name: 'image.build of a newer image',
      kind: 'image.build',
      from: 'damaged',
      command: () => command,
      outcomes: ['damaged', 'whole'],
      sample: 0,
    },
  ];
}
