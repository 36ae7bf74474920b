import { Injectable } from '@nestjs/common';
import type { VmConsoleChunk, VmConsoleEnd, VmConsoleParams } from '../../contract/index.js';
import { VmPathFinder } from '../vm-paths.js';
import { VmRepository } from '../vm.repository.js';
import { ConsoleReader } from './console-reader.js';

/** The serial console of a VM, whatever its state: the daemon keeps it in a file of bounded size. */
@Injectable()
export class VmConsoleService {
  constructor(
    private readonly reader: ConsoleReader,
    private readonly vms: VmRepository,
    private readonly paths: VmPathFinder,
  ) {}

  /** @throws VmNotFoundError */
  async *stream(
    { vm: reference, lines, follow }: VmConsoleParams,
    signal: AbortSignal,
  ): AsyncGenerator<VmConsoleChunk, VmConsoleEnd> {
    const { id, name } = await this.vms.require(reference);
    let isDeleted = false;
    const isOver = async (): Promise<boolean> => {
      isDeleted = (await this.vms.find(id)) === undefined;
      return isDeleted;
    };
    yield* this.reader.read(this.paths.of(id).console, {
      lines,
      ...(follow === true && { follow: signal, isOver }),
    });
    return { name, reason: isDeleted ? 'deleted' : 'end' };
  }
}
