/** The one place where the CLI reaches for the daemon's client. */
export { openByteChannel, RpcClient } from '../../core/rpc/client.js';
export type { ChannelExit, ClientByteChannel } from '../../core/rpc/client.js';
