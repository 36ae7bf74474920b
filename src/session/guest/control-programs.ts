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
# O_WRONLY | O_NONBLOCK: without a reader it fails
sysopen(my $to, "$dir/stdin", 1 | 2048) or exit ${NO_INPUT_STATUS};
fcntl($to, 4, fcntl($to, 3, 0) & ~2048);
$SIG{PIPE} = sub { exit ${NOT_RUNNING_STATUS} };
binmode STDIN;
while (my $count = sysread(STDIN, my $bytes, 65536)) {
  my $done = 0;
  while ($done < $count) {
    my $written = syswrite($to, $bytes, $count - $done, $done);
    if (defined $written) { $done += $written; next }
    fail("giving it input") if $! != 4; # EINTR
  }
}
close $to;
kill("USR1", $state->{keeper}) if ($ARGV[0] // "") eq "close" and alive($name, $state);
`);

/**
 * Argument: name of a session with a terminal. Its keeper takes this program's input and output over: what comes in is
 * typed, and goes out as the follower's `O` frames what that will tell as well, if it can be written at once. Ends with its
 * input.
 */
export const ATTACH_PROGRAM = guestProgram(String.raw`
my $state = state_of($name);
exit ${NOT_RUNNING_STATUS} if !alive($name, $state);
sysopen(my $calls, "$dir/attach", 1 | 2048) or exit ${NO_INPUT_STATUS};
syswrite($calls, "$$\n");
# Of its input it wants to know nothing but the end, which it is told unasked.
my $end = pack("iss", 0, 0x2000, 0); # POLLRDHUP, for one that is a socket
1 while sys(7, $end, 1, -1) < 0 and $! == 4; # poll(2), EINTR
`);
