/** The client's half of this folder: no Nest, class-validator, rxjs or pino behind any of it. */
export { RpcClient } from './client.js';
export type { CallOptions, RpcClientOptions, StreamOptions } from './client.js';
export { openByteChannel } from './client-channel.js';
export type { ByteChannelOptions, ClientByteChannel } from './client-channel.js';
export type { ChannelExit, TerminalDimensions } from './channel-frames.js';
export {
  ConnectionLostError,
  DaemonUnreachableError,
  RpcFailure,
  SocketForbiddenError,
  SocketPathTooLongError,
} from './rpc-errors.js';
