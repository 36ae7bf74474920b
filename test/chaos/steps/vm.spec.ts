import { interruptVm } from '../support/interrupt-vm.js';
import { lifeScenarios } from '../support/vm-scenarios.js';

await interruptVm(lifeScenarios);
