import type { Scenario } from './interrupt.js';

export type TemplateOutcome = 'absent' | 'whole';

/** @param command asked for anew each time: each template is of another shape */
export function templateScenarios(command: () => readonly string[]): Scenario<TemplateOutcome>[] {
  return [
    {
      name: 'template.make',
      kind: 'template.make',
      from: 'absent',
      command,
      outcomes: ['absent', 'whole'],
      sample: 2,
    },
  ];
}
