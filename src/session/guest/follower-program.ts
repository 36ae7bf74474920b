import { BELL_PATH, guestProgram, STATE_BYTES } from './program.js';

/** `bytes` before the offset asked for that are sent along, so that the host can tell whether they are what it has */
export const OVERLAP_BYTES = 4096;
/** `bytes` of output in one frame */
export const CHUNK_BYTES = 65_536;
/** `bytes` of what the daemon has written down about a session */
export const MAX_SPEC_BYTES = 65_536;
/** sessions of one guest that run, or have something left to tell */
export const MAX_FOLLOWED = 1_000;

/**
 * Tells of all sessions of a guest: what there are, their output as it comes, and how they end. Sleeps until a keeper
 * rings the bell, or the connection ends. One for a guest: a later one ends the one before, which may be left from another
 * run of the machine, with a connection that nobody is at the other end of.
 *
 * Input: a line `NAME OFFSET` for each session that the host has output of, `NAME -` for one that has ended and is copied, of
 * which nothing is told unless it runs again (`B NAME 0`); then an empty line. Output, frames of a line
 * and so many bytes:
 * `N NAME LENGTH` a session that the input did not name, with what the daemon wrote down about it;
 * `O NAME OFFSET LENGTH` output from this offset on, first the OVERLAP_BYTES before the one asked for; jumps over what is gone;
 * `B NAME OFFSET` there is less output than that: the guest went back;
 * `S NAME LIVES LENGTH` its state record has changed, LIVES (0, 1) says whether its keeper runs; of one that has ended after
 * all of its output;
 * `G NAME` it is gone, or is none of those that the input named;
 * `R` all that there was at the beginning has been named.
 */
export const FOLLOWER_PROGRAM = guestProgram(String.raw`
$0 = "banger-sessions-follower";
my $pidfile = "/run/banger/sessions-follower";
my ($old) = (slurp($pidfile) // "") =~ /^(\d+)/;
if (defined $old and $old != $$ and (slurp("/proc/$old/cmdline") // "") =~ /^banger-sessions-follower/) { kill("KILL", $old) }
mkdir "/run/banger";
if (open(my $file, ">", $pidfile)) { print $file $$; close $file }
sys(259, -100, "${BELL_PATH}", 0x1180, 0); # mknodat(2): a FIFO, unless it is there
sysopen(my $bell, "${BELL_PATH}", 2 | 2048) or fail("opening the bell");
binmode STDIN; binmode STDOUT;
my %from;
while (defined(my $line = <STDIN>)) { last if $line eq "\n"; $from{$1} = $2 if $line =~ /^(\w+) (\d+|-)$/ }
sub send_all { my $done = 0; while ($done < length $_[0]) { my $count = syswrite(STDOUT, $_[0], length($_[0]) - $done, $done); if (!defined $count) { next if $! == 4; exit 0 } $done += $count } }
sub frame { my $bytes = pop; send_all(join(" ", @_, length $bytes) . "\n" . $bytes) }

my %known; # name => { at: next offset, file, told: state record, done: nothing more is to come }
sub meet {
  my ($name) = @_;
  return if ${MAX_FOLLOWED} <= grep { !$_->{done} } values %known;
  my $is_new = !exists $from{$name};
  my $from = $from{$name} // 0;
  if ($from eq "-") {
    if (alive($name, state_of($name))) { send_all("B $name 0\n"); $from = 0 }
    else { $known{$name} = { done => 1, told => "0 " . (slurp("$base/$name/state") // ""), at => 0, least => 0, over => 1 }; return }
  }
  my $at = $from - ${OVERLAP_BYTES}; $at = 0 if $at < 0;
  $known{$name} = { at => $at, least => $from, told => "" };
  frame("N", $name, substr(slurp("$base/$name/spec") // "", 0, ${MAX_SPEC_BYTES})) if $is_new;
}
sub look_round {
  my %here;
  if (opendir(my $all, $base)) { for (readdir $all) { next if !/^\w{1,64}$/; $here{$_} = 1; meet($_) if !$known{$_} } }
  for (keys %known) { if (!$here{$_}) { delete $known{$_}; send_all("G $_\n") } }
}
sub open_segment { # the one that has this offset, or the first after it
  my ($name, $session) = @_;
  opendir(my $files, "$base/$name") or return;
  my @starts = sort { $a <=> $b } map { /^output\.(\d{15})$/ ? $1 + 0 : () } readdir $files;
  return if !@starts;
  my ($start) = grep { $_ <= $session->{at} } reverse @starts;
  if (!defined $start) { $start = $session->{at} = $starts[0] }
  open(my $file, "<:raw", sprintf("%s/%s/output.%015d", $base, $name, $start)) or return;
  if ($session->{at} > $start + -s $file and $session->{at} > $start) {
    # in the middle of what is gone, or beyond the end
    my ($next) = grep { $_ > $start } @starts;
    if (!defined $next) { if ($session->{least} > $start + -s $file) { send_all("B $name " . ($start + -s $file) . "\n"); $session->{least} = 0; $session->{at} = $start + -s $file } }
    else { $session->{at} = $next; return open_segment($name, $session) }
  }
  sysseek($file, $session->{at} - $start, 0);
  @$session{"file", "start"} = ($file, $start);
  return 1;
}
sub next_chunk { # sends a piece of output; false when there is none
  my ($name, $session) = @_;
  if (!$session->{file}) { open_segment($name, $session) or return 0 }
  my $count = sysread($session->{file}, my $bytes, ${CHUNK_BYTES});
  if ($count) {
    frame("O", $name, $session->{at}, $bytes);
    $session->{at} += $count;
    return 1;
  }
  # The next one begins where this one ends. When this one is gone already, so may be that: it goes on with what is there.
  my $path = "$base/$name/output.%015d";
  my $has_next = ($session->{at} > $session->{start} and -e sprintf($path, $session->{at}));
  if ($has_next or !-e sprintf($path, $session->{start})) { undef $session->{file}; return open_segment($name, $session) }
  if ($session->{at} < $session->{least}) { send_all("B $name $session->{at}\n"); $session->{least} = 0 }
  return 0;
}
sub look { # false when there is more; whether its keeper runs is looked at when it is time for it
  my ($name, $whole) = @_;
  my $session = $known{$name} or return 1;
  return 1 if $session->{over};
  return 0 if next_chunk($name, $session); # first of all, as somebody may wait for it
  # in this order: of a keeper that runs no more the record is the last, and what is read as ended has written all before
  my $lives = $session->{told} =~ /^1/ && !$whole ? 1 : alive($name, state_of($name)) ? 1 : 0;
  my $state = slurp("$base/$name/state") // "";
  $lives = 0 if $state =~ /^state=exited /;
  return 0 if next_chunk($name, $session);
  my $now = "$lives $state";
  if ($now ne $session->{told}) {
    $session->{told} = $now;
    $session->{done} = !$lives;
    frame("S", $name, $lives, substr($state, 0, ${STATE_BYTES}));
  }
  return 1;
}

look_round();
for (keys %known) { my $state = slurp("$base/$_/state") // ""; if (alive($_, state_of($_))) { $known{$_}{told} = "1 $state"; frame("S", $_, 1, $state) } }
for (keys %from) { send_all("G $_\n") if $from{$_} ne "-" and !-d "$base/$_" }
send_all("R\n");
my %more = map { $_ => 1 } keys %known;
my $looked = time;
while (1) {
  my ($in) = ("");
  vec($in, 0, 1) = 1; vec($in, fileno $bell, 1) = 1;
  my $found = select($in, undef, undef, %more ? 0 : 5);
  if ($found > 0 and vec($in, 0, 1)) { my $count = sysread(STDIN, my $ignored, 4096); exit 0 if !$count }
  if ($found > 0 and vec($in, fileno $bell, 1)) {
    my $bytes = ""; sysread($bell, $bytes, 65536);
    my %rung = map { $_ => 1 } split /\n/, $bytes;
    if (length $bytes > 32768 or grep { !$known{$_} } keys %rung) { look_round(); $more{$_} = 1 for keys %known }
    $more{$_} = 1 for grep { $known{$_} } keys %rung;
  }
  my $whole = (time - $looked >= 5 or time < $looked);
  if ($whole) { $looked = time; look_round(); $more{$_} = 1 for grep { !$known{$_}{done} } keys %known }
  for (sort keys %more) { delete $more{$_} if look($_, $whole) }
}
`);
