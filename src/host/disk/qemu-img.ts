import { Injectable } from '@nestjs/common';
import { DiskFullError, isKind, saysDiskFull } from '../../core/errors/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import { HostFacts } from '../facts/host-facts.js';
import { BaseDiskDamagedError } from '../host.errors.js';
import type { Disk, DiskFormat } from './disk-backend.js';

const MIB = 1024 * 1024;
const TIMEOUT_MS = 30_000;
/** a disk full of data, on a slow disk */
const COPY_TIMEOUT_MS = 60 * 60_000;

/**
 * As whom a program looks at a disk that a VMM has written: its header is the VMM's, and could name any file of the
 * host as its base.
 */
export interface DiskOwner {
  readonly uid: number;
  readonly gid: number;
}

/** The program that knows disk formats. It takes the locks of a VMM, and refuses a disk that one has open. */
@Injectable()
export class QemuImg {
  constructor(
    private readonly processes: ProcessRunner,
    private readonly facts: HostFacts,
  ) {}

  /** @throws HostBinaryMissingError, ProcessFailedError */
  async version(): Promise<string | undefined> {
    return /version (\S+)/.exec(await this.#run(['--version']))?.[1];
  }

  /** Size that a guest sees, `bytes`. @throws BaseDiskDamagedError */
  async virtualSize(path: string, format: DiskFormat, owner?: DiskOwner): Promise<number> {
    const info: unknown = JSON.parse(
      await this.#run(['info', '-U', '-f', format, '--output=json', path], owner),
    );
    if (typeof info === 'object' && info !== null && 'virtual-size' in info) {
      if (typeof info['virtual-size'] === 'number') return info['virtual-size'];
    }
    throw new BaseDiskDamagedError(path, 'qemu-img does not know its size');
  }

  /** What a disk has, with all that it stands on; `bytes`, rather too many */
  async dataBytes({ path, format }: Disk, owner: DiskOwner): Promise<number> {
    const args = ['measure', '-f', format, '-O', 'qcow2', '--output=json', path];
    const measure: unknown = JSON.parse(await this.#run(args, owner));
    if (typeof measure === 'object' && measure !== null && 'required' in measure)
      if (typeof measure.required === 'number') return measure.required;
    throw new BaseDiskDamagedError(path, 'qemu-img does not know how much is in it');
  }

  async resize(path: string, format: DiskFormat, sizeBytes: number, owner: DiskOwner): Promise<void> {
    const args = ['resize', '-q', '-f', format, path, String(sizeBytes)];
    await this.#run(args, owner).catch(async (error: unknown) => {
      throw await explainFull(error, path, this.facts);
    });
  }

  /** Writes what a guest sees of a disk, whatever it stands on, to a file that is there, is as large, and all holes. */
  async flatten(from: Disk, to: string, owner: DiskOwner, signal: AbortSignal): Promise<void> {
    const args = ['convert', '-n', '--target-is-zero', '-f', from.format, '-O', 'raw', from.path, to];
    const request = { file: 'qemu-img', args, timeoutMs: COPY_TIMEOUT_MS, signal, ...owner };
    await this.processes.run(request).catch(async (error: unknown) => {
      throw await explainFull(error, to, this.facts);
    });
  }

  /** @param args those between the options of the format and the sizes */
  async create(path: string, args: readonly string[]): Promise<void> {
    await this.#run(['create', '-q', ...args]).catch(async (error: unknown) => {
      throw await explainFull(error, path, this.facts);
    });
  }

  async #run(args: readonly string[], owner?: DiskOwner): Promise<string> {
    const request = { file: 'qemu-img', args, timeoutMs: TIMEOUT_MS, ...owner };
    return (await this.processes.run(request)).stdout.toString('utf8');
  }
}

/** Programs tell a full disk in prose alone, and a file system may be full with bytes left: either is believed. */
export async function explainFull(error: unknown, path: string, facts: HostFacts): Promise<unknown> {
  if (!isKind(error, 'PROCESS_FAILED')) return error;
  const said = saysDiskFull(error.details.stderrTail);
  return said || (await facts.freeBytes(path)) < MIB ? new DiskFullError(path, error) : error;
}
