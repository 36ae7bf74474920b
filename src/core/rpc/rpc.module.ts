import { Global, Module } from '@nestjs/common';
import { ByteChannels } from './byte-channels.js';

/** Gives every module the byte channels that the server of the same application accepts. */
@Global()
@Module({ providers: [ByteChannels], exports: [ByteChannels] })
export class RpcModule {}
