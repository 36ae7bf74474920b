import { Global, Module } from '@nestjs/common';
import { SshClient } from './ssh-client.js';
import { SshPool } from './ssh-pool.js';
import { Ssh2Client } from './ssh2-client.adapter.js';

@Global()
@Module({
  providers: [{ provide: SshClient, useClass: Ssh2Client }, SshPool],
  exports: [SshClient, SshPool],
})
export class SshModule {}
