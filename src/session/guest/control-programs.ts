import { guestProgram } from './program.js';

/** exit status of a program that finds the session ended, or no session */
export const NOT_RUNNING_STATUS = 3;
/** exit status of the program that gives input to a session that takes none, or no more */
export const NO_INPUT_STATUS = 4;

/**
 * Arguments: name of the session, signal without SIG, `group` (what has the terminal, or leads) or `all` (whatever it
 * has started, if it has made no session of its own). Ends with NOT_RUNNING_STATUS when it has ended already.
 */
export const SIGNAL_PROGRAM = guestProgram(String.raw`
my ($signal, $scope) = @ARGV;
my $state = state_of($name);
exit ${NOT_RUNNING_STATUS} if !runs($name, $state);
my $pid = $state->{pid};
my $group = (split / /, stat_of($pid))[5]; # the foreground of its terminal
$group = $pid if !defined $group or $group <= 0;
kill($signal, -$group) or kill($signal, -$pid);
if ($scope eq "all") {
  opendir(my $proc, "/proc");
  for my $other (grep { /^\d+$/ } readdir $proc) { kill($signal, $other) if ((split / /, stat_of($other))[3] // "") eq $pid }
  kill("CONT", -$pid) if $signal eq "TERM";
}
`);

/**
 * Argument: name of the session, and `close` when its input ends with what is given here. Copies this program's input into
 * the session's, as fast as that is read.
 */
export const INPUT_PROGRAM = guestProgram(String.raw`
my $state = state_of($name);
exit ${NOT_RUNNING_STATUS} if !alive($name, $state);
my $to = terminal() // fifo();
$SIG{PIPE} = sub { exit ${NOT_RUNNING_STATUS} };
binmode STDIN;
# A terminal's keeper need not be woken for each key: this writes where that one would.
sub terminal {
  return if !defined $state->{master};
  my $process = sys(434, $state->{keeper} + 0, 0); # pidfd_open(2)
  my $fd = $process < 0 ? -1 : sys(438, $process, $state->{master} + 0, 0); # pidfd_getfd(2)
  return if $fd < 0 or !open(my $opened, "+>&=", $fd);
  return $opened;
}
sub fifo {
  sysopen(my $opened, "$dir/stdin", 1 | 2048) or exit ${NO_INPUT_STATUS}; # O_WRONLY | O_NONBLOCK: without a reader it fails
  fcntl($opened, 4, fcntl($opened, 3, 0) & ~2048);
  return $opened;
}
while (my $count = sysread(STDIN, my $bytes, 65536)) {
  my $done = 0;
  while ($done < $count) {
    my $written = syswrite($to, $bytes, $count - $done, $done);
    if (defined $written) { $done += $written; next }
    exit ${NOT_RUNNING_STATUS} if $! == 5; # EIO: nobody has the terminal open any more
    fail("giving it input") if $! != 11; # EAGAIN
    my $ready = ""; vec($ready, fileno $to, 1) = 1; select(undef, $ready, undef, 1);
  }
}
close $to;
kill("USR1", $state->{keeper}) if ($ARGV[0] // "") eq "close" and alive($name, $state);
`);
