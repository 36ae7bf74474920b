import { PROVISIONING_STATUS as STATUS } from './provisioning-status.js';

/** Services of OpenRC's own that a machine has; Alpine's containers start none. By runlevel. */
const RUNLEVELS =
  'sysinit:devfs sysinit:sysfs boot:sysctl boot:bootmisc boot:syslog shutdown:killprocs shutdown:mount-ro';

/** Part of the script: the init system. */
export const INIT = `if [ "$init" = openrc ]; then
  [ -e /sbin/init ] || ln -s /bin/busybox /sbin/init
  for entry in ${RUNLEVELS}; do
    service=\${entry#*:}
    [ -e "/etc/init.d/$service" ] || continue
    mkdir -p "/etc/runlevels/\${entry%%:*}"
    ln -sf "/etc/init.d/$service" "/etc/runlevels/\${entry%%:*}/$service"
  done
  # banger starts its own, earlier
  rm -f /etc/runlevels/*/sshd /etc/runlevels/*/qemu-guest-agent
fi
[ -e /sbin/init ] || refuse ${STATUS.incomplete} 'it has no /sbin/init'
`;

/** Part of the script: what must not be the same in two machines, or is of no use in any. */
export const CLEANUP = `rm -f /etc/ssh/ssh_host_*
for config in /etc/fstab /etc/machine-id; do
  rm -f "$config" && : > "$config" || refuse ${STATUS.tree} "$config cannot be written"
done
chmod 444 /etc/machine-id
if [ -d /var/lib/dbus ]; then
  rm -f /var/lib/dbus/machine-id
  ln -s /etc/machine-id /var/lib/dbus/machine-id
fi
rm -f /var/lib/systemd/random-seed /etc/nologin
# by these programs tell that they are in a container
rm -f /.dockerenv /.dockerinit
`;

/** Part of the script: what it has found and done. */
export const FACTS = `unit=sshd
if [ "$init" = systemd ] && { [ -e /lib/systemd/system/ssh.service ] || [ -e /usr/lib/systemd/system/ssh.service ]; }; then unit=ssh; fi
fact init "$init"
fact distribution "$pretty"
fact sshd-unit "$unit"
fact packages "$installed"
exit 0
`;
