import { BELL_PATH, guestProgram, segmentName, STATE_BYTES } from './program.js';

/** exit status of the program that starts a session whose directory there is already */
export const NAME_TAKEN_STATUS = 2;

/**
 * Starts a session, and stays with it as its keeper: gives the command its terminal or its input, writes its output
 * down, and how it ended. Nothing that it needs comes from a connection, or from the daemon.
 *
 * Input: a line of `key=value` words, then the script that becomes the command (`run` bytes), then what the daemon wants to
 * know of it later (`spec` bytes). Keys: `segment` and `limit` (bytes of output in one file, and in all), `stdin` (0, 1),
 * `timeout` (s, 0: none), and for a terminal `rows` and `columns`. Answers with the state record when the command runs.
 *
 * Output is a row of records, `MS STREAM LENGTH\n` and so many bytes: MS since 1970 by the guest's clock, STREAM 1 or 2; a
 * terminal has 1 alone, and 3, `ROWS COLUMNS`, where its size has changed before what follows. Each segment begins with a record of stream 0 that says how many bytes of 1 and of 2 came before
 * it, so that a reader can begin at any, and knows what is gone.
 */
export const KEEPER_PROGRAM = guestProgram(String.raw`
$0 = "banger-session $name";
binmode STDIN;
my %given = (<STDIN> // "") =~ /(\w+)=(\S*)/g;
sub take { my $bytes = ""; while (length $bytes < $_[0]) { read(STDIN, $bytes, $_[0] - length $bytes, length $bytes) or fail("receiving the session") } $bytes }
my ($run, $spec) = (take($given{run}), take($given{spec}));
my $tty = defined $given{rows};

# --- its directory: under a passing name until all is in it
sub put { my ($path, $mode, $content) = @_; sysopen(my $file, $path, 0301, $mode) or fail("writing $path"); print $file $content and close($file) or fail("writing $path") }
sub fifo { sys(259, -100, $_[0], 0x1180, 0) == 0 } # mknodat(2), S_IFIFO | 0600
$SIG{$_} = sub { exit 1 } for qw(HUP INT TERM PIPE); # by way of END
my $mask = umask 0077;
mkdir "/var/lib/banger"; mkdir $base;
if (-e $dir) { print STDERR "$dir is there already\n"; exit ${NAME_TAKEN_STATUS} }
my $new = "$base/.$name";
mkdir $new or fail("making $new");
END { if (defined $new) { unlink glob "$new/*"; rmdir $new } }
put("$new/run", 0700, $run);
put("$new/spec", 0600, $spec);
put("$new/state", 0600, " " x ${STATE_BYTES});
if ($given{stdin}) { for my $way ("stdin", $tty ? "attach" : ()) { fifo("$new/$way") or fail("making $new/$way") } }
my @segments = ([0, 0]); # offset, bytes
sysopen(my $out, "$new/${segmentName(0)}", 02101, 0600) or fail("writing its output"); # O_WRONLY | O_CREAT | O_APPEND
rename $new, $dir or fail("making $dir");

# --- whoever started it waits for the answer, and for nothing else
pipe(my $answered, my $answer) or fail("pipe");
defined(my $keeper = fork()) or fail("fork");
if ($keeper) { undef $new; close $answer; my $line = <$answered> // "the session's keeper ended\n"; print { $line =~ /^state=/ ? *STDOUT : *STDERR } $line; exit($line =~ /^state=/ ? 0 : 1) }
undef $new;
sub give_up { my $why = $!; syswrite($answer, "$_[0]: $why\n"); unlink glob "$dir/*"; rmdir $dir; exit 1 }
$SIG{__DIE__} = sub { syswrite($answer, "perl: $_[0]") if !$^S and defined fileno $answer };
sys(112); # setsid(2)
delete @ENV{qw(SSH_CONNECTION SSH_CLIENT SSH_TTY BANGER_EXEC)};
open(STDIN, "<", "/dev/null"); open(STDOUT, ">", "/dev/null"); open(STDERR, ">", "/dev/null");
pipe(my $woken, my $wake) or give_up("pipe");
for ([CHLD => "c"], [ALRM => "a"], [USR1 => "u"]) { my ($signal, $letter) = @$_; $SIG{$signal} = sub { syswrite($wake, $letter) } }
$SIG{TERM} = $SIG{HUP} = $SIG{INT} = $SIG{PIPE} = "IGNORE";

# --- the command
sub nonblocking { my $flags = fcntl($_[0], 3, 0); fcntl($_[0], 4, $flags | 2048) } # F_GETFL, F_SETFL, O_NONBLOCK
my ($hold, $master, $slave, $pts, %sources, @theirs);
my $calls; # by which who attaches says its number
if ($given{stdin}) {
  sysopen($hold, "$dir/stdin", 2 | 2048) or give_up("opening its input");
  if ($tty) { sysopen($calls, "$dir/attach", 2 | 2048) or give_up("opening its input") }
}
if ($tty) {
  sysopen($master, "/dev/ptmx", 2 | 256) or give_up("opening a terminal"); # O_RDWR | O_NOCTTY
  my $locked = pack("i", 0);
  ioctl($master, 0x40045431, $locked) or give_up("opening a terminal"); # TIOCSPTLCK
  my $number = pack("I", 0);
  ioctl($master, 0x80045430, $number) or give_up("opening a terminal"); # TIOCGPTN
  $pts = "/dev/pts/" . unpack("I", $number);
  sysopen($slave, $pts, 2 | 256) or give_up("opening $pts");
  my $extent = pack("S4", $given{rows}, $given{columns}, 0, 0);
  ioctl($slave, 0x5414, $extent); # TIOCSWINSZ
  nonblocking($master);
  $sources{fileno $master} = [$master, 1];
} else {
  for my $stream (1, 2) { pipe(my $read, my $write) or give_up("pipe"); nonblocking($read); $sources{fileno $read} = [$read, $stream]; push @theirs, $write }
}
pipe(my $begun, my $begin) or give_up("pipe"); # closed when the command runs
my $own = $$;
defined(my $pid = fork()) or give_up("fork");
if (!$pid) {
  $SIG{$_} = "DEFAULT" for qw(TERM HUP INT PIPE CHLD ALRM USR1);
  sys(112);
  umask $mask;
  sys(157, 1, 9); # prctl(2): without its keeper nobody could tell of it, or end it
  sys(231, 126) if getppid() != $own; # exit_group(2): it is gone already
  if ($tty) { ioctl($slave, 0x540E, 0); open(STDIN, "<&", $slave); open(STDOUT, ">&", $slave); open(STDERR, ">&", $slave) } # TIOCSCTTY
  else { if ($hold) { my $in; sysopen($in, "$dir/stdin", 0) and open(STDIN, "<&", $in) } open(STDOUT, ">&", $theirs[0]); open(STDERR, ">&", $theirs[1]) }
  if (open(my $score, ">", "/proc/self/oom_score_adj")) { print $score "0"; close $score } # sshd's own would make it the last to go
  exec "/bin/sh", "$dir/run" or sys(231, 126);
}
undef $slave; undef $begin; @theirs = ();
# Only then is it answered for: before that it has neither a group that a signal could go to, nor anybody who ends it.
my $nothing = ""; 1 while !defined sysread($begun, $nothing, 1) and $! == 4;

# --- what is told of it
sysopen(my $record, "$dir/state", 1) or give_up("writing its state");
my ($clock, $now) = ("\0" x 16, 0); # ms since 1970, as last looked at
sub now { syscall(228, 0, $clock); my ($s, $ns) = unpack("qq", $clock); $now = $s * 1000 + int($ns / 1000000) } # clock_gettime(2)
my %state = (state => "running", pid => $pid, keeper => $$, keeperstart => start_of($$), started => now(), (defined $pts ? (tty => $pts) : ()));
sub note { my $line = join(" ", map { "$_=$state{$_}" } "state", grep { $_ ne "state" } sort keys %state); sysseek($record, 0, 0); syswrite($record, sprintf("%-*s\n", ${STATE_BYTES} - 1, $line)); sys(74, fileno $record); $line } # fsync(2)
mkdir "/run/banger"; fifo("${BELL_PATH}");
sysopen(my $bell, "${BELL_PATH}", 2 | 2048);
my ($rung, $due) = (0, 0); # when the bell rang last, and when it is to ring
sub ring { # in so many ms at the latest, and not more often than each 3 ms; to a full one: it will be looked at anyway
  my $at = $now + ($_[0] // 0);
  $at = $rung + 3 if $at < $rung + 3 and $now >= $rung;
  if ($at > $now) { $due = $at if !$due or $at < $due; return }
  ($rung, $due) = ($now, 0);
  syswrite($bell, "$name\n") if $bell;
}
sub due_in { my $left = $due - $now; $left < 0 || $left > 30 ? 0 : $left / 1000 } # in s; a clock that was set back is not waited for

my ($end, $total, @count) = (0, 0, 0, 0, 0);
my ($size, $extent) = ("", "\0" x 8); # of the terminal, as last told, and as last looked at: struct winsize

# --- who is attached: the newest alone, as one types at most. Its own input and output become this keeper's: a key and its
# echo wake no other program on their way. What it does not take at once comes by the log, as all the rest does.
my ($typed, $shown, $pending) = (undef, undef, "");
my ($closing, $last) = (0, "\n"); # whether its input is to end when all that was given is typed; the last byte that was
my ($fresh, $from) = ("", 0); # of the log, what is to be shown; and where that begins
sub adopt {
  my $process = sys(434, $_[0] + 0, 0); # pidfd_open(2)
  return if $process < 0;
  my ($in, $to) = map { sys(438, $process, $_, 0) } 0, 1; # pidfd_getfd(2)
  sys(3, $process);
  return if $in < 0 or $to < 0;
  leave();
  open($typed, "<&=", $in) and open($shown, ">&=", $to) or leave();
  nonblocking($shown) if $shown;
  watch();
}
sub leave { ($typed, $shown, $fresh) = (undef, undef, ""); watch() }
sub take_typed { # from who is attached, or gives input
  my $count = sysread($_[0], $pending, 4096);
  leave() if !$count and $typed and $_[0] == $typed and (defined $count or ($! != 4 and $! != 11)); # EINTR, EAGAIN
}
sub end_input { # in the middle of a line the first ends that alone
  my $count = sysread($hold, $pending, 4096);
  return if $count or $! == 4;
  ($pending, $closing) = ($last =~ /[\r\n]/ ? "\x04" : "\x04\x04", 0);
}
sub remember { return if !$shown; $from = $end if $fresh eq ""; $fresh .= $_[0] if length $fresh < 4000 }
sub show { # before it is written down: it is waited for. True when it was taken
  return 0 if !$shown;
  my $count = syswrite($shown, "O $name $from " . length($fresh) . "\n" . $fresh) if length $fresh < 4000; # PIPE_BUF: whole, or not at all
  $fresh = "";
  return defined $count;
}

# --- its output
sub append { # whole, or not at all
  my ($bytes) = @_;
  my $done = 0;
  while ($done < length $bytes) {
    my $count = syswrite($out, $bytes, length($bytes) - $done, $done);
    if (defined $count) { $done += $count; next }
    next if $! == 4 or ($! == 28 and drop_oldest()); # EINTR, ENOSPC
    my $why = $!;
    truncate($out, $segments[-1][1]);
    leave(); # what it was shown is not in the log
    $! = $why; # which truncate clears
    return 0;
  }
  $segments[-1][1] += $done; $total += $done; $end += $done;
  return 1;
}
sub drop_oldest { return 0 if @segments < 2; my ($offset, $bytes) = @{ shift @segments }; unlink(sprintf("%s/output.%015d", $dir, $offset)); $total -= $bytes; return 1 }
sub note_down { my ($stream, $bytes) = @_; my $piece = "$now $stream " . length($bytes) . "\n" . $bytes; remember($piece); $piece }
sub mark { append(note_down(0, "$count[1] $count[2]")) }
sub turn {
  sysopen(my $next, sprintf("%s/output.%015d", $dir, $end), 02101, 0600) or return;
  $out = $next; push @segments, [$end, 0];
  mark();
  $size = "";
  while ($total > $given{limit} and drop_oldest()) { }
}
sub keep {
  my ($stream, $bytes) = @_;
  return if $state{why};
  turn() if $segments[-1][1] >= $given{segment};
  my $piece = note_down($stream, $bytes);
  my $was_shown = show();
  if (append($piece)) { $count[$stream] += length $bytes; ring($was_shown ? 30 : 0); return }
  $state{why} = $! == 28 ? "disk-full" : "output-failed";
  end_by("TERM"); alarm 10;
}
sub measure { # whoever changes it, and from where: a screen can be drawn anew only with the sizes that it had
  ioctl($master, 0x5413, $extent) or return; # TIOCGWINSZ
  return if $extent eq $size;
  $size = $extent;
  append(note_down(3, join(" ", unpack("S2", $size)))) if !$state{why};
}
sub drain { # one source, as far as it goes; false at its end
  my ($handle, $stream) = @{ $sources{$_[0]} };
  my $bytes = ""; my $open = 1;
  while (length $bytes < 65536) {
    my $count = sysread($handle, $bytes, 65536 - length $bytes, length $bytes);
    next if !defined $count and $! == 4;
    $open = 0 if defined $count ? $count == 0 : $! != 11; # EAGAIN; a terminal that nobody has open any more says EIO
    last if !$count or ($tty and $count < 256); # an echo; what else there may be is told of at once
  }
  measure() if $tty;
  keep($stream, $bytes) if length $bytes;
  if (!$open) { delete $sources{$_[0]}; watch() }
}
my ($always, $inputs, @outputs); # for select: what is looked at always, and what while nothing waits to be typed
sub watch {
  @outputs = sort { $a <=> $b } keys %sources;
  ($always, $inputs) = ("", "");
  vec($always, $_, 1) = 1 for fileno $woken, @outputs;
  return if !$tty or !$hold;
  vec($always, fileno $calls, 1) = 1;
  vec($inputs, fileno $_, 1) = 1 for grep { $_ } $hold, $typed;
}
sub members { # all processes of its session, which its children are in unless they have made one of their own
  opendir(my $proc, "/proc"); grep { /^\d+$/ and ((split / /, stat_of($_))[3] // "") eq $pid } readdir $proc }
sub end_by { my ($signal) = @_; kill($signal, -$pid); kill($signal, $_) for members(); kill("CONT", -$pid) }

mark() or give_up("writing its output");
my $running = note();
alarm $given{timeout} if $given{timeout};
syswrite($answer, "$running\n"); close $answer; close $answered;
ring();

my ($status, $quiet) = (undef, 0);
watch();
while (!defined $status or (%sources and $quiet < 25)) {
  my ($in, $towards) = ($always, undef);
  if (length $pending) { vec($towards, fileno $master, 1) = 1 } else { $in |= $inputs }
  my $wait = defined $status ? 0.01 : undef;
  $wait = 0 if $closing and !length $pending;
  if ($due) { my $left = due_in(); $wait = $left if !defined $wait or $left < $wait }
  my $found = select($in, $towards, undef, $wait);
  now();
  ring() if $due and !due_in();
  if ($found <= 0) { $quiet++ if defined $status and $found == 0; next if !$closing; $in = "" }
  my $came = 0;
  for my $fd (@outputs) { if (vec($in, $fd, 1)) { drain($fd); $came = 1 } }
  $quiet = $came ? 0 : $quiet + 1 if defined $status;
  last if defined $status and $now - $state{ended} > 5000; # a child in the background that never stops writing
  if ($tty and $hold) {
    if (!length $pending) { for ($typed, $hold) { take_typed($_) if $_ and !length $pending and vec($in, fileno $_, 1) } }
    end_input() if $closing and !length $pending;
    if (vec($in, fileno $calls, 1)) { sysread($calls, my $numbers, 4096); adopt($1) if $numbers =~ /(\d+)\n$/ }
  }
  if ($tty and length $pending) {
    my $count = syswrite($master, $pending);
    $last = substr($pending, $count - 1, 1) if $count;
    substr($pending, 0, $count // 0) = "";
    $pending = "" if !defined $count and $! != 11; # EAGAIN
  }
  next unless vec($in, fileno $woken, 1);
  sysread($woken, my $letters, 64);
  if ($letters =~ /u/ and $hold) { if ($tty) { $closing = 1 } else { undef $hold; unlink "$dir/stdin" } }
  if ($letters =~ /a/) { my $again = $state{timedout} || $state{why}; $state{timedout} = 1 if !$state{why}; end_by($again ? "KILL" : "TERM"); alarm($again ? 2 : 10) }
  if ($letters =~ /c/ and !defined $status and waitpid($pid, 1) == $pid) { $status = $?; $state{ended} = $now } # WNOHANG
}
alarm 0;
unlink "$dir/stdin", "$dir/attach";
sys(74, fileno $out);
$state{state} = "exited";
if ($status & 127) { $state{signal} = $status & 127 } else { $state{code} = $status >> 8 }
note();
$due = $rung = 0;
ring();
`);
