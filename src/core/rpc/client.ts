/** The client's half of this folder, and all of it that the command line may import: no Nest, class-validator, rxjs or pino. */
export { RpcClient } from './rpc-client.js';
export type { CallOptions, RpcClientOptions, StreamOptions } from './rpc-client.js';
export { openByteChannel } from './client-channel.js';
export type { ByteChannelOptions, ClientByteChannel } from './client-channel.js';
export type { ChannelExit, TerminalDimensions } from './channel-frames.js';
export { RpcFailure } from './rpc-errors.js';
