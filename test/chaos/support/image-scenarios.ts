import type { ImageOutcome } from './chaos-image.js';
import type { Scenario } from './interrupt.js';

export interface ImageCommands {
  readonly build: readonly string[];
  readonly import: readonly string[];
  readonly pull: readonly string[];
}

export function imageScenarios({ build, ...commands }: ImageCommands): Scenario<ImageOutcome>[] {
  return [
    {
      name: 'image.import',
      kind: 'image.import',
      from: 'absent',
      command: () => commands.import,
      outcomes: ['absent', 'whole'],
      sample: 0,
    },
    {
      name: 'image.pull of a catalog',
      kind: 'image.pull',
      from: 'absent',
      command: () => commands.pull,
      outcomes: ['absent', 'whole'],
      sample: 0,
    },
    {
      name: 'image.build',
      kind: 'image.build',
      from: 'absent',
      command: () => build,
      outcomes: ['absent', 'whole'],
      sample: 3,
    },
    {
      name: 'image.build of a newer image',
      kind: 'image.build',
      from: 'damaged',
      command: () => build,
      outcomes: ['damaged', 'whole'],
      sample: 0,
    },
  ];
}
