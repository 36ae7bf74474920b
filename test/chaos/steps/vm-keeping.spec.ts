import { interruptVm } from '../support/interrupt-vm.js';
import { keepingScenarios } from '../support/vm-scenarios.js';

await interruptVm(keepingScenarios);
