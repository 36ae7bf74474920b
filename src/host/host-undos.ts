import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { Ledger } from '../core/operations/index.js';
import { ProcessRunner } from '../core/process/index.js';
import { HostDirectories } from './directories/host-directories.js';
import { killRecordedProcess } from './process/process-undo.js';

/** Tells the ledger how each kind of resource that this module makes is taken off the host again. */
@Injectable()
export class HostUndos implements OnModuleInit {
  constructor(
    private readonly ledger: Ledger,
    private readonly processes: ProcessRunner,
    private readonly directories: HostDirectories,
  ) {}

  onModuleInit(): void {
    this.ledger.registerUndo('directory', (entry) => this.directories.remove(entry.key));
    this.ledger.registerUndo('process', (entry) => killRecordedProcess(this.processes, entry));
    // a lease is its row: there is nothing on the host to take away
    this.ledger.registerUndo('port', () => Promise.resolve());
    this.ledger.registerUndo('uid', () => Promise.resolve());
  }
}
