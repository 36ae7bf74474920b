import { Controller } from '@nestjs/common';
import type { ParamsOf, ResultOf } from '../../contract/index.js';
import { Rpc } from '../../core/rpc/index.js';
import { PromoteService } from './promote.service.js';

/** Images over RPC, as far as they are made of VMs. */
@Controller()
export class PromoteController {
  constructor(private readonly service: PromoteService) {}

  @Rpc('image.promote.begin')
  promote(params: ParamsOf<'image.promote.begin'>): Promise<ResultOf<'image.promote.begin'>> {
    return this.service.begin(params);
  }
}
