import { interruptVm } from '../support/interrupt-vm.js';
import { powerScenarios } from '../support/vm-scenarios.js';

await interruptVm(powerScenarios);
