import { SmallTree } from './support.js';

const RELEASE = `NAME="Alpine Linux"
ID=alpine
VERSION_ID=3.22.1
PRETTY_NAME="Alpine Linux v3.22"
`;

/** Lays down everything that Alpine's packages would bring. */
export const APK = `echo "$@" >> /apk.log
[ "$1" = add ] || exit 1
mkdir -p /etc/ssh /usr/lib/ssh /etc/ssl/certs /etc/init.d /etc/runlevels/default
for program in openrc qemu-ga ip e2fsck resize2fs kmod perl git; do printf '#!/bin/sh\\n' > /usr/sbin/$program; chmod 755 /usr/sbin/$program; done
for service in devfs sysfs bootmisc syslog sshd; do : > /etc/init.d/$service; done
ln -s /etc/init.d/sshd /etc/runlevels/default/sshd
printf '#!/bin/sh\\necho "unknown option -- ?" >&2\\necho "OpenSSH_9.9p2, OpenSSL 3.5.1" >&2\\nexit 1\\n' > /usr/sbin/sshd
chmod 755 /usr/sbin/sshd
: > /usr/lib/ssh/sftp-server
: > /etc/ssl/certs/ca-certificates.crt
: > /etc/ssh/ssh_host_rsa_key
printf 'Port 2222\\nPermitRootLogin no\\n' > /etc/ssh/sshd_config`;

/** As the container of Alpine has it, with an apk that lays down what its packages would bring. */
export function alpineTree(directory: string): SmallTree {
  return SmallTree.withBusybox(directory)
    .write('etc/os-release', RELEASE)
    .write('etc/passwd', 'root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534::/:/bin/false')
    .write('etc/shadow', 'root:!::0:::::\nnobody:!::0:::::\n', 0o640)
    .write('.dockerenv', '')
    .program('sbin/nologin', 'exit 1')
    .program('sbin/apk', APK);
}
