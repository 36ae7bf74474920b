import type { VmCopyParams } from '../../contract/vm-copy.dto.js';
import { openByteChannel } from '../client/rpc.js';
import type { ClientByteChannel, RpcClient } from '../client/rpc.js';
import { textOfBytes } from '../io/text-of-bytes.js';
import { CopyRefusedError } from './copy.errors.js';

/** `bytes` of the short answers of a guest */
const MAX_ANSWER_BYTES = 65_536;
const TAIL_BYTES = 4096;

type Step = Omit<VmCopyParams, 'vm'>;

/** One step in the guest that is under way. */
export interface GuestStep {
  readonly channel: ClientByteChannel;
  /** Waits for its success. @returns what it had to say on its stderr @throws the daemon's error when it failed */
  readonly done: () => Promise<string>;
}

/** The other end of a copy. */
export class GuestSide {
  constructor(
    private readonly client: Pick<RpcClient, 'call'>,
    private readonly socketPath: string,
    readonly vm: string,
    readonly signal: AbortSignal,
  ) {}

  async begin(step: Step): Promise<GuestStep> {
    const { token } = await this.client.call('vm.copy', { vm: this.vm, ...step });
    const channel = await openByteChannel({ socketPath: this.socketPath, token, signal: this.signal });
    let tail = Buffer.alloc(0);
    channel.stderr.on('data', (chunk: Buffer) => {
      tail = Buffer.concat([tail, chunk]).subarray(-TAIL_BYTES);
    });
    const heard = new Promise((resolve) => channel.stderr.once('close', resolve).once('end', resolve));
    return {
      channel,
      done: async () => {
        await channel.exited;
        await heard;
        return tail.toString('utf8');
      },
    };
  }

  /** A step that takes nothing and answers briefly; names in the answer may be any bytes. */
  async ask(step: Step): Promise<string> {
    const { channel, done } = await this.begin(step);
    try {
      channel.stdin.end();
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of channel.stdout) {
        bytes += (chunk as Buffer).length;
        if (bytes > MAX_ANSWER_BYTES) throw new CopyRefusedError('the answer of the VM has no end');
        chunks.push(chunk as Buffer);
      }
      await done();
      return textOfBytes(Buffer.concat(chunks));
    } finally {
      await channel.close();
    }
  }
}
