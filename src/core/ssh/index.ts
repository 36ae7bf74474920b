export { connectWhenReady } from './connect-when-ready.js';
export { SshClient } from './ssh-client.js';
export type { SshChannel, SshCommand, SshConnection, SshExit, SshTarget } from './ssh-client.js';
export { SshConnectError } from './ssh-errors.js';
export { generateSshKeyPair } from './ssh-key-pair.adapter.js';
export type { SshKeyPair } from './ssh-key-pair.adapter.js';
export { SshPool } from './ssh-pool.js';
export { Ssh2Client } from './ssh2-client.adapter.js';
export { SshModule } from './ssh.module.js';
