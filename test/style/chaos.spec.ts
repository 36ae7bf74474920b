import { expect, it } from 'vitest';
import { VM_METHODS } from '../../src/vm/vm.methods.js';
import { imageScenarios } from '../chaos/support/image-scenarios.js';
import {
  importScenario,
  kernelPullScenario,
  kernelRegisterScenario,
  promoteScenario,
  pullScenario,
  registerScenario,
} from '../chaos/support/making-scenarios.js';
import { templateScenarios } from '../chaos/support/template-scenarios.js';
import { keepingScenarios, lifeScenarios, powerScenarios } from '../chaos/support/vm-scenarios.js';
import { workspaceScenarios } from '../chaos/support/workspace-scenarios.js';
import { productFiles, readProjectFile } from './support/sources.js';

/** What operations are called in the code that begins them, and methods that change a VM under its lock. */
function operationKinds(): string[] {
  const literal = productFiles().flatMap((path) =>
    [...readProjectFile(path).matchAll(/\bkind: '([a-z]+\.[a-z.]+)'/g)].map(([, kind]) => kind ?? ''),
  );
  const methods = Object.entries(VM_METHODS).flatMap(([method, { changes }]) => (changes ? [method] : []));
  return [...new Set([...literal, ...methods])].toSorted();
}

/** Interrupted, it leaves what it has put right; the rest is found again and done by the next. */
const REPAIR = 'host.repair';

it('each kind of operation is interrupted by the chaos tests', () => {
  const names = { name: 'web', createCommand: [] };
  const making = [importScenario, promoteScenario, pullScenario, registerScenario];
  const keeping = [kernelPullScenario, kernelRegisterScenario];
  const scenarios = [
    ...lifeScenarios(names),
    ...powerScenarios(names),
    ...keepingScenarios(names),
    ...imageScenarios({ build: [], import: [], pull: [] }),
    ...[...making, ...keeping].map((scenario) => scenario(() => [])),
    ...templateScenarios(() => []),
    ...workspaceScenarios('/'),
  ];
  const interrupted = new Set<string>(scenarios.map(({ kind }) => kind));
  expect(operationKinds().length).toBeGreaterThan(5);
  const kinds = operationKinds().filter((kind) => kind !== REPAIR);
  expect([...interrupted].toSorted()).toEqual(kinds);
});
