import { MOVE_CLOCK } from '../../capabilities/index.js';
import type { GuestNetwork, IdentityFile } from '../../capabilities/index.js';
import { bytesOfText } from '../../core/ssh/index.js';
import { directoryMode, parentDirectories } from './identity-disk.js';

/** What a guest that goes on from a saved machine is told, so that it is another one. */
export interface Adoption {
  readonly hostName: string;
  readonly identityFiles: readonly IdentityFile[];
  /** hardware address of its first NIC, which was made with another */
  readonly mac: string | undefined;
  readonly network: GuestNetwork | undefined;
  /** `ms` to add to its clock */
  readonly clockOffsetMs: number;
  /** for its random pools: bytes that nobody else has seen */
  readonly entropy: Buffer;
  /** UUID for this run of its kernel */
  readonly bootId: string;
}

/**
 * Runs in the guest, with the records below on its input, or waiting for them at the port that it is given the name of:
 * then it goes to the background, and answers with a line. One process: each costs 60 to 100 ms under emulation.
 */
const PROGRAM = String.raw`
use strict;
binmode DATA;
my $port;
sub answer { syswrite($port, "$_[0]\n") if defined $port }
sub fail { my $why = "$_[0]: $!"; answer($why); print STDERR "$why\n"; exit 1 }
$SIG{__DIE__} = sub { answer("perl: " . ($_[0] =~ s/\n.*//sr)) unless $^S };
sub detach { # whoever started it, or waits for the end of its output, waits no longer
  syscall(112); # setsid
  open(STDIN, "<", "/dev/null"); open(STDOUT, ">", "/dev/null"); open(STDERR, ">", "/dev/null");
}
sub told { # what comes through a port: its length and a newline first
  my ($name) = @_;
  my ($found) = grep { my $file; open($file, "<", "$_/name") and <$file> eq "$name\n" } glob "/sys/class/virtio-ports/*";
  defined $found or fail("port $name");
  sysopen(my $opened, $found =~ s{.*/}{/dev/}r, 2) or fail("port $name"); # O_RDWR
  defined(my $child = fork()) or fail("fork");
  exit 0 if $child;
  $port = $opened;
  detach();
  my ($length, $bytes) = (undef, "");
  open(my $file, "<:raw", \"") or fail("memory"); # the module for it is loaded now
  until (defined $length and length $bytes >= $length) {
    # without anybody at the other end there is nothing to read
    if (!sysread($port, $bytes, 65536, length $bytes)) { select(undef, undef, undef, 0.005); next }
    $length = $1 if !defined $length and $bytes =~ s/^(\d+)\n//;
  }
  open($file, "<:raw", \$bytes) or fail("memory");
  return $file;
}
${MOVE_CLOCK.trim()}
sub put { # path, mode, content: whole or not at all
  my ($path, $mode, $content) = @_;
  unlink "$path.new";
  sysopen(my $file, "$path.new", 0301, $mode) or fail($path); # O_WRONLY | O_CREAT | O_EXCL
  print $file $content and close($file) or fail($path);
  chmod($mode, "$path.new") and rename("$path.new", $path) or fail($path);
}
sub set { # a file of the kernel's
  my ($path, $value) = @_;
  open(my $file, ">", $path) or fail($path);
  print $file $value and close($file) or fail($path);
}
my (%text, @files);
umask 0;
mkdir("/run/banger", 0755);
my $in = @ARGV ? told($ARGV[0]) : \*DATA;
my $whole = 0;
while (my $line = <$in>) {
  chomp $line;
  my ($kind, $length, $mode, $name) = split / /, $line, 4;
  if ($kind eq "end") { $whole = 1; last }
  read($in, my $content, $length) == $length or fail("a record is cut short");
  if ($kind eq "directory") { -d $name or mkdir($name, oct $mode) or fail($name) }
  elsif ($kind eq "file") { push @files, [$name, oct $mode, $content] }
  else { $text{$name} = $content }
}
$whole or fail("the records are cut short");
# The clock first: what is written from now on bears the right time.
move_clock($text{offset}) or fail("clock");
put(@$_) for @files;
# RNDADDENTROPY, then RNDRESEEDCRNG: without them all guests of one saved machine draw the same numbers.
open(my $random, ">", "/dev/urandom") or fail("/dev/urandom");
my $pool = pack("ll", 8 * length $text{entropy}, length $text{entropy}) . $text{entropy};
ioctl($random, 0x40085203, $pool) or fail("RNDADDENTROPY");
ioctl($random, 0x5207, 0) or fail("RNDRESEEDCRNG");
my $seed = "/var/lib/systemd/random-seed";
if (-e $seed) {
  open(my $source, "<:raw", "/dev/urandom") or fail("/dev/urandom");
  sysread($source, my $bytes, 512) == 512 or fail("/dev/urandom");
  put($seed, 0600, $bytes);
}
set("/proc/sys/kernel/hostname", $text{hostname});
put("/run/banger/boot_id", 0444, "$text{boot}\n");
# The kernel keeps its own for ever: another lies over it. mount(2) with MS_BIND; perl passes no literals to a call.
# One that lies there already was that of the machine that this one is a copy of: umount2(2) with MNT_DETACH.
my ($from, $to, $none) = ("/run/banger/boot_id", "/proc/sys/kernel/random/boot_id", "");
syscall(166, $to, 2);
syscall(165, $from, $to, $none, 4096, $none) == 0 or fail("boot_id");
if (length $text{network}) {
  # netdevice(7): ip(8) would be a process. Its address on the wire is its own before anything can be sent.
  my ($address, $prefix, $gateway) = split m{[/ ]}, $text{network};
  my $mask = pack("N", $prefix == 0 ? 0 : (0xffffffff << (32 - $prefix)) & 0xffffffff);
  my $inet = sub { pack("S n a4 x8", 2, 0, $_[0]) };
  my $ip4 = sub { $inet->(pack("C4", split /[.]/, $_[0])) };
  socket(my $socket, 2, 2, 0) or fail("socket");
  my $set = sub { # what, name of the interface, call, value
    my $request = pack("a16 a24", $_[1], $_[3]);
    ioctl($socket, $_[2], $request) or fail($_[0]);
  };
  my $up = pack("s", 0x41); # IFF_UP | IFF_RUNNING
  my $down = pack("s", 0);
  $set->("loopback", "lo", 0x8914, $up);
  # Down, it forgets the routes that it may have had.
  $set->("interface", "eth0", 0x8914, $down);
  $set->("hardware address", "eth0", 0x8924, pack("S H12", 1, $text{mac} =~ tr/://dr));
  $set->("address", "eth0", 0x8916, $ip4->($address));
  $set->("netmask", "eth0", 0x891c, $inet->($mask));
  $set->("interface", "eth0", 0x8914, $up);
  my $route = pack("x8 a16 a16 a16 S x62", $ip4->("0.0.0.0"), $ip4->($gateway), $ip4->("0.0.0.0"), 3); # UP | GATEWAY
  ioctl($socket, 0x890b, $route) or fail("route");
  put("/run/banger/network", 0644, "$text{network}\n");
}
# From OpenSSH 9.8 on the listener itself hands the host keys on, and has to read the new ones.
if (-e "/usr/lib/openssh/sshd-session" and open(my $file, "<", "/run/sshd.pid")) {
  chomp(my $pid = <$file>);
  kill "HUP", $pid;
}
answer("done");
# journald names its files after the machine: it starts anew, but not before whoever waits for this guest is served.
if (-d "/run/log/journal" and fork() == 0) {
  detach();
  close($port) if defined $port;
  sleep 3;
  if (open(my $procs, "<", "/sys/fs/cgroup/system.slice/systemd-journald.service/cgroup.procs")) {
    chomp(my $pid = <$procs> // "");
    # It makes its files anew while they are deleted: not before it is gone.
    if ($pid) { kill "TERM", $pid; for (1 .. 300) { last unless kill 0, $pid; select(undef, undef, undef, 0.1) } }
  }
  for my $old (grep { !m{/\Q$text{machine}\E$} } glob "/run/log/journal/*") {
    unlink glob "$old/*";
    rmdir $old;
  }
}
exit 0;
__DATA__
`;

/** For `perl - [PORT]`; without a port the records follow it. */
export const ADOPTION_PROGRAM = Buffer.from(PROGRAM.trimStart());

/** What it answers through its port when it is done; anything else is a complaint. */
export const ADOPTED = 'done';

/** What the program reads. Whatever the content holds, it is data. Pure. */
export function adoptionRecords(adoption: Adoption): Buffer {
  const { identityFiles, network } = adoption;
  const machineId = identityFiles.find(({ path }) => path === 'etc/machine-id')?.content.trim() ?? '';
  const texts = {
    offset: String(Math.round(adoption.clockOffsetMs)),
    hostname: adoption.hostName,
    boot: adoption.bootId,
    machine: machineId,
    mac: adoption.mac ?? '',
    network:
      network === undefined || adoption.mac === undefined ? '' : `${network.address} ${network.gateway}`,
  };
  return Buffer.concat([
    ...parentDirectories(identityFiles).map((path) =>
      record('directory', `/${path}`, '', directoryMode(path)),
    ),
    ...identityFiles.map(({ path, content, mode }) => record('file', `/${path}`, content, mode)),
    ...Object.entries(texts).map(([name, text]) => record('text', name, text)),
    record('text', 'entropy', adoption.entropy),
    record('end', '', ''),
  ]);
}

/** `KIND LENGTH MODE NAME`, then the content: `bytes`, and the mode in octal digits. */
function record(kind: string, name: string, content: string | Buffer, mode = 0): Buffer {
  const bytes = typeof content === 'string' ? bytesOfText(content) : content;
  return Buffer.concat([Buffer.from(`${kind} ${bytes.length} ${mode.toString(8)} ${name}\n`), bytes]);
}
