/** Where the guest has the script; the same text is in the initramfs. */
export const GUEST_SCRIPT_PATH = 'usr/lib/banger/banger-guest';
export const ROOT_SERIAL = 'bgr-root';
export const WORK_SERIAL = 'bgr-work';
export const IDENTITY_SERIAL = 'bgr-identity';
export const AGENT_PORT = 'org.qemu.guest_agent.0';

/**
 * `banger-guest`: gives a guest its identity, at boot and again after a fork. POSIX sh that runs on dash and on
 * busybox alike, because it runs in the initramfs (with --root) as well as in the booted guest.
 * Under emulation each new process costs 5 to 30 ms of the boot, so it sticks to what the shell itself can do.
 *
 * @param programs directory whose programs come before the guest's own, where it has to be given some
 */
export function guestScript(programs?: string): string {
  const header = programs === undefined ? HEADER : HEADER.replace(' PATH=', ` PATH=${programs}:`);
  return `${header}\n${READ_IDENTITY}\n${NETWORK}\n${APPLY}\n${AGENT}\n${MAIN}`;
}

const HEADER = `#!/bin/sh
# banger-guest: gives this machine its identity. Made by banger; changes are lost with the next image.
#   banger-guest apply [--root DIR] [--device FILE] [--files-only]
#       extracts the identity drive to DIR (/) and configures host name and network; a second run changes nothing
#   banger-guest agent
#       becomes the guest agent on banger's control channel
set -u
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
root='' device='' files_only=no

die() {
  echo "banger-guest: $*" >&2
  exit 1
}

find_identity() {
  for block in /sys/block/vd*; do
    [ -r "$block/serial" ] || continue
    serial=''
    read -r serial < "$block/serial" || :
    if [ "$serial" = ${IDENTITY_SERIAL} ]; then
      device=/dev/\${block##*/}
      return 0
    fi
  done
  return 1
}
`;

const READ_IDENTITY = `# Reads NAME='value' lines without running them: what stands there is data.
read_identity() {
  hostname='' address='' gateway=''
  [ -r "$1" ] || return 0
  while IFS= read -r line || [ -n "$line" ]; do
    name=\${line%%=*}
    value=\${line#*=}
    case $value in
      "'"*"'") value=\${value#?}; value=\${value%?} ;;
    esac
    case $name in
      BANGER_HOSTNAME) case $value in '' | [.-]* | *[!a-zA-Z0-9.-]*) malformed ;; *) hostname=$value ;; esac ;;
      BANGER_ADDRESS) case $value in '' | *[!0-9a-fA-F.:/]*) malformed ;; *) address=$value ;; esac ;;
      BANGER_GATEWAY) case $value in '' | *[!0-9a-fA-F.:]*) malformed ;; *) gateway=$value ;; esac ;;
    esac
  done < "$1"
}

malformed() {
  echo "banger-guest: ignored a malformed $name" >&2
}
`;

const NETWORK = `configure_network() {
  [ -n "$address" ] && [ -e /sys/class/net/eth0 ] || return 0
  previous=''
  if [ -r "$state/network" ]; then read -r previous < "$state/network" || :; fi
  [ "$previous" = "$address $gateway" ] && return 0
  if [ -n "$previous" ]; then ip addr flush dev eth0; fi
  ip link set lo up
  ip addr add "$address" dev eth0 2>/dev/null || :
  ip link set eth0 up || return 1
  if [ -n "$gateway" ]; then
    ip route add default via "$gateway" dev eth0 2>/dev/null || ip route replace default via "$gateway" dev eth0 || return 1
  fi
  echo "$address $gateway" > "$state/network"
}
`;

const APPLY = `apply() {
  state=$root/run/banger
  [ -n "$device" ] || find_identity || die 'there is no identity drive (serial ${IDENTITY_SERIAL})'
  tar -xf "$device" -C "$root/" || die "the identity on $device cannot be read"
  [ -d "$state" ] || mkdir -p "$state" || die "cannot make $state"
  read_identity "$root/etc/banger/identity.env"
  if [ $files_only = no ]; then
    if [ -n "$hostname" ]; then echo "$hostname" > /proc/sys/kernel/hostname; fi
    configure_network || die "the network cannot be configured with $address via $gateway"
  fi
  : > "$state/identity-applied"
}
`;

const AGENT = `agent() {
  port=/dev/virtio-ports/${AGENT_PORT}
  if [ ! -e "$port" ]; then
    port=''
    for candidate in /sys/class/virtio-ports/*/name; do
      name=''
      [ -r "$candidate" ] && read -r name < "$candidate"
      [ "$name" = ${AGENT_PORT} ] || continue
      candidate=\${candidate%/name}
      port=/dev/\${candidate##*/}
    done
    [ -n "$port" ] || die 'there is no control channel (virtio port ${AGENT_PORT})'
  fi
  exec qemu-ga --method=virtio-serial --path="$port" --statedir=/run
}
`;

const MAIN = `[ $# -gt 0 ] || die 'what is to be done? apply or agent'
command=$1
shift
while [ $# -gt 0 ]; do
  case $1 in
    --root) root=\${2%/}; shift ;;
    --device) device=$2; shift ;;
    --files-only) files_only=yes ;;
    *) die "unknown option $1" ;;
  esac
  shift
done
case $command in
  apply | agent) "$command" ;;
  *) die "unknown command $command" ;;
esac
`;
