import { Module } from '@nestjs/common';
import { NoHands, VmHands } from './vm-hands.js';

/** For the doctor without a daemon; in the daemon VmModule knows better. */
@Module({ providers: [{ provide: VmHands, useClass: NoHands }], exports: [VmHands] })
export class NoHandsModule {}
