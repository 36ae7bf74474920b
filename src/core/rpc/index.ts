export type { ServerByteChannel } from './byte-channel.js';
export { ByteChannels } from './byte-channels.js';
export type { ChannelHandler } from './byte-channels.js';
export type { ChannelExit, TerminalDimensions } from './channel-frames.js';
export { JsonRpcServer } from './json-rpc-server.js';
export type { JsonRpcServerOptions } from './json-rpc-server.js';
export { Rpc } from './rpc.decorator.js';
export type { RpcContext } from './rpc-context.js';
export {
  ChannelTokenInvalidError,
  ConnectionLostError,
  DaemonAlreadyRunningError,
  LimitExceededError,
  ParamsInvalidError,
} from './rpc-errors.js';
export { RpcModule } from './rpc.module.js';
