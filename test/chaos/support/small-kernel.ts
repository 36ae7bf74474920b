import { FIXTURE } from '../../integration/image/fixture.js';

/** `Linux version 6.9.1-mine`, which nobody boots */
export function smallVmlinux(): Buffer {
  return Buffer.concat([FIXTURE.vmlinux, Buffer.from('Linux version 6.9.1-mine (x)')]);
}
