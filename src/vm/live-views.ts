import { Injectable } from '@nestjs/common';
import type { VmView } from '../contract/index.js';
import { IdleTimes } from './policies/idle-times.js';
import { StorageWatch } from './storage/storage-watch.js';
import { toVmView } from './vm-view.js';
import type { Vm } from './vm.types.js';

/** The public form of a VM together with what is known of it at the moment and written down nowhere. */
@Injectable()
export class LiveViews {
  constructor(
    private readonly idle: IdleTimes,
    private readonly storage: StorageWatch,
  ) {}

  of(vm: Vm): VmView {
    const view = toVmView(vm, this.idle.stopAt(vm.id));
    const conditions = this.storage.conditions(vm.id);
    if (conditions.length > 0) view.conditions = conditions;
    return view;
  }
}
