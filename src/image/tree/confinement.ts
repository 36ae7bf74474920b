/**
 * How programs of an image run on the host: as root of a user namespace, in a file system that is the image's tree and
 * nothing else, and in process and mount namespaces that end with the daemon. What an image brings, its shell and its
 * package manager too, is a stranger's: it has no right over anything of the host's, not even as the daemon's root.
 */

/** Ids of the tree's namespace, as the host sees them in root mode; without root they are those of /etc/subuid. */
export const TREE_IDS = { first: 1_879_048_192, count: 65_536 } as const;

/** What is unmounted on the host goes here too: else a program here would keep its device busy. */
const NAMESPACES = [
  ...['--mount', '--propagation', 'slave'],
  ...['--pid', '--fork', '--kill-child', '--mount-proc'],
];

/**
 * Root mode. $1, $2: first id and number of ids; then the command. unshare(1) maps several ids only where /etc/subuid
 * lists them, which has no line for root: a process that holds the namespace gets its map from here, and is joined.
 */
const JOIN_NAMESPACE = `set -eu
first=$1 count=$2
shift 2
setpriv --pdeathsig KILL unshare --user sleep infinity &
holder=$!
mine=$(readlink /proc/self/ns/user)
while [ "$(readlink /proc/$holder/ns/user)" = "$mine" ]; do sleep 0.01; done
echo "0 $first $count" > /proc/$holder/uid_map
echo "0 $first $count" > /proc/$holder/gid_map
exec nsenter --user=/proc/$holder/ns/user -S 0 -G 0 setpriv --no-new-privs unshare ${NAMESPACES.join(' ')} "$@"
`;

/** The command line that runs a command as root of the tree's user namespace, whichever the daemon's mode. */
export function confined(command: readonly string[], mode: 'root' | 'user'): string[] {
  if (mode === 'user') {
    const maps = ['--map-root-user', '--map-auto'];
    return [
      'setpriv',
      '--no-new-privs',
      '--pdeathsig',
      'KILL',
      'unshare',
      ...maps,
      ...NAMESPACES,
      ...command,
    ];
  }
  const ids = [String(TREE_IDS.first), String(TREE_IDS.count)];
  const outer = ['setpriv', '--pdeathsig', 'KILL', 'unshare', ...NAMESPACES];
  return [...outer, 'sh', '-c', JOIN_NAMESPACE, 'banger-tree', ...ids, ...command];
}

/**
 * Makes the tree in the working directory the whole file system, and becomes $1 run by its own /bin/sh. In Perl for
 * pivot_root(2) and umount2(2) in one process: with programs, the one that lets go of the host's files would have to be
 * read from them. Numbers are those of x86-64. It is process 1 of its namespace: the root of any other one, which
 * /proc shows, would be the host's.
 */
const BECOME_TREE = `set -eu
mount --bind . .
cd "$PWD"
mount -t proc -o nosuid,nodev,noexec proc proc
mount -t tmpfs -o mode=755,nosuid,size=64m dev dev
mount -t tmpfs -o mode=755,nosuid,nodev,size=256m run run
for name in null zero full random urandom tty; do
  : > dev/$name
  mount --bind /dev/$name dev/$name
done
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev,size=256m shm dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts && ln -s pts/ptmx dev/ptmx || :
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
exec perl -e '
  my $here = ".";
  syscall(155, $here, $here) == 0 or die "E: pivot_root: $!\\n";
  syscall(166, $here, 2) == 0 or die "E: umount: $!\\n";
  chdir "/";
  my $script = shift;
  exec { "/bin/sh" } "sh", "-c", $script, "banger", @ARGV or print STDERR "E: /bin/sh: $!\\n";
  exit 127;
' "$@"
`;

/**
 * Runs $3 as BECOME_TREE ($2) does in the tree $1, with the arguments that follow it. $BANGER_RESOLV_CONF: path of what is
 * /etc/resolv.conf meanwhile. Links where something is mounted would lead out of the
 * tree. What is left in /tmp goes.
 */
const ENTER_TREE = `set -eu
cd "$1"
become=$2
shift 2
for name in proc dev run tmp etc; do
  if [ -L $name ] || { [ -e $name ] && [ ! -d $name ]; }; then
    if [ $name = etc ]; then
      echo 'E: its /etc is no directory' >&2
      exit 125
    fi
    rm $name
  fi
  [ -d $name ] || mkdir $name
done
chmod 1777 tmp
own=etc/resolv.conf kept=etc/.banger-resolv.conf
rm -rf $kept
if [ -L $own ] || [ -e $own ]; then mv -T $own $kept; fi
cat "\${BANGER_RESOLV_CONF:-/etc/resolv.conf}" > $own || :
unset BANGER_RESOLV_CONF
status=0
unshare --mount --pid --ipc --fork --kill-child sh -c "$become" banger-enter "$@" || status=$?
rm -f $own
find tmp -mindepth 1 -delete || :
if [ -L $kept ] || [ -e $kept ]; then mv -T $kept $own; fi
exit $status
`;

/** Command that runs a script in a tree; the script and its arguments follow. */
export function enterTree(path: string): string[] {
  return ['sh', '-c', ENTER_TREE, 'banger-tree', path, BECOME_TREE];
}
