import { Option } from 'nest-commander';
import type { PublishedPort, RestartPolicy, VmCreateParams } from '../../contract/vm.dto.js';
import type { Invocation } from '../invocation.js';
import { callerGitIdentity } from './caller-git-identity.adapter.js';
import {
  addLabel,
  addVariable,
  parseCount,
  parseMib,
  parsePublishedPort,
  parseRestartPolicy,
  parseSpan,
  parseVmName,
} from '../command/parse.js';
import { shapeParams } from '../command/shape-options.js';
import type { ShapeOptions } from '../command/shape-options.js';
import { WorkspaceSourceCommand } from '../workspace/source-options.js';
import type { WorkspaceSourceOptions } from '../workspace/source-options.js';

export interface VmCreateOptions extends ShapeOptions, WorkspaceSourceOptions {
  name?: string;
  image?: string;
  env?: Record<string, string>;
  publish?: PublishedPort[];
  label?: Record<string, string>;
  ttl?: number;
  idleStop?: number;
  restart?: RestartPolicy;
  cold?: boolean;
}

/** The options that `vm run` and `vm create` share. */
export abstract class VmCreateBase<Options extends VmCreateOptions> extends WorkspaceSourceCommand<Options> {
  protected constructor(invocation: Invocation) {
    super(invocation);
  }

  @Option({ flags: '--name <name>', description: 'name of the VM; made up when left out' })
  parseName(value: string): string {
    return parseVmName('--name', value);
  }

  @Option({ flags: '--image <image>', description: 'image to start from (default: debian)' })
  parseImage(value: string): string {
    return value;
  }

  @Option({ flags: '--cpus <count>', description: 'virtual CPUs' })
  parseCpus(value: string): number {
    return parseCount('--cpus', value);
  }

  @Option({ flags: '--memory <size>', description: 'memory: 512m, 2g, or a number of MiB' })
  parseMemory(value: string): number {
    return parseMib('--memory', value);
  }

  @Option({ flags: '--disk <size>', description: 'size of the disk: 10g, or a number of MiB' })
  parseDisk(value: string): number {
    return parseMib('--disk', value);
  }

  @Option({
    flags: '--work-disk <size>',
    description: 'a disk of its own for /root: 10g; it survives restarts',
  })
  parseWorkDisk(value: string): number {
    return parseMib('--work-disk', value);
  }

  @Option({
    flags: '--env <K=V>',
    description: 'variable for all its commands; K alone takes your value (repeatable)',
  })
  parseEnv(value: string, previous?: Record<string, string>): Record<string, string> {
    return addVariable(value, previous, this.invocation.facts.env);
  }

  @Option({
    flags: '-p, --publish <port>',
    description: 'reach a port of the VM here: [ADDRESS:]HOST:GUEST[/udp] (repeatable)',
  })
  parsePublish(value: string, previous: PublishedPort[] = []): PublishedPort[] {
    return [...previous, parsePublishedPort('--publish', value)];
  }

  @Option({
    flags: '--label <K=V>',
    description: 'label, to find VMs by: banger vm list --label K (repeatable)',
  })
  parseLabel(value: string, previous?: Record<string, string>): Record<string, string> {
    return addLabel('--label', value, previous);
  }

  @Option({ flags: '--ttl <duration>', description: 'delete it after so long, from now: 90m, 2h, 7d' })
  parseTtl(value: string): number {
    return parseSpan('--ttl', value);
  }

  @Option({
    flags: '--idle-stop <duration>',
    description: 'stop it when nobody has used it for so long: 30m',
  })
  parseIdleStop(value: string): number {
    return parseSpan('--idle-stop', value);
  }

  @Option({
    flags: '--restart <policy>',
    description: 'when it goes down by itself: no, on-failure or always (default: no)',
  })
  parseRestart(value: string): RestartPolicy {
    return parseRestartPolicy('--restart', value);
  }

  @Option({ flags: '--cold', description: 'boot, even where a template could be restored' })
  parseCold(): boolean {
    return true;
  }

  /** The parameters that the options and PATH describe. */
  protected createParams(path: string | undefined, options: VmCreateOptions): VmCreateParams {
    if (path === undefined) this.requireNoSource(options);
    const gitIdentity = callerGitIdentity(this.invocation.facts);
    return {
      ...(gitIdentity !== undefined && { gitIdentity }),
      ...(options.name !== undefined && { name: options.name }),
      ...(options.image !== undefined && { image: options.image }),
      ...shapeParams(options),
      ...(options.label !== undefined && { labels: options.label }),
      ...(options.ttl !== undefined && { ttlSeconds: options.ttl }),
      ...(options.idleStop !== undefined && { idleStopSeconds: options.idleStop }),
      ...(options.restart !== undefined && { restartPolicy: options.restart }),
      ...(options.cold && { cold: true }),
      ...(options.env !== undefined && { env: options.env }),
      ...(options.publish !== undefined && { publishedPorts: options.publish }),
      ...(path !== undefined && { workspace: this.workspaceSource(path, options) }),
    };
  }
}
