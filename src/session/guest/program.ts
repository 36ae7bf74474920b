/** Where a guest keeps its sessions, one directory each: on its root disk, so that they survive its restarts. */
export const SESSIONS_DIRECTORY = '/var/lib/banger/sessions';
/** FIFO by which keepers tell whoever follows them that there is something new: the name of a session, and a newline */
export const BELL_PATH = '/run/banger/sessions-bell';
/** `bytes` of a session's state record: one sector, overwritten in place, so that it can be written on a full disk */
export const STATE_BYTES = 512;
/** digits of an offset in a segment's name, so that names sort as offsets do */
const OFFSET_DIGITS = 15;

/** `output.000000000000000`: the segment that begins at this offset of a session's output. */
export function segmentName(offset: number): string {
  return `output.${String(offset).padStart(OFFSET_DIGITS, '0')}`;
}

/** Offset that a segment's name says; undefined for any other file. */
export function segmentStart(name: string): number | undefined {
  return /^output\.\d{15}$/.test(name) ? Number(name.slice('output.'.length)) : undefined;
}

/**
 * What all programs in the guest have in common. They are perl, whose base is part of every Debian, and start with no
 * module but `strict`: POSIX alone takes an emulated guest four times as long as perl itself. The numbers of the system
 * calls are those of x86-64, the rest are the same on every Linux.
 */
const PRELUDE = String.raw`
use strict;
my $base = "${SESSIONS_DIRECTORY}";
my $name = shift @ARGV;
my $dir = "$base/$name";
sub fail { my $why = $!; print STDERR "$_[0]: $why\n"; $SIG{__WARN__} = sub { }; exit 1 } # perl's warning of what it cannot close says no more
sub sys { my @copies = @_; syscall(shift @copies, @copies) } # it writes to no literal
sub slurp { my $text; open(my $file, "<:raw", $_[0]) or return; local $/; $text = <$file>; $text }
sub stat_of { (slurp("/proc/$_[0]/stat") // "") =~ s/.*\) //sr } # from the state on
sub start_of { (split / /, stat_of($_[0]))[19] // "" } # in ticks since the boot
sub state_of { my %state = (slurp("$base/$_[0]/state") // "") =~ /(\w+)=(\S*)/g; $state{state} //= ""; \%state }
# A process is known by its number and its start; that it is this session's, by the name that its keeper has given itself.
sub alive { my ($name, $state) = @_;
  $state->{state} eq "running" and start_of($state->{keeper}) eq $state->{keeperstart}
    and (slurp("/proc/$state->{keeper}/cmdline") // "") =~ /^banger-session \Q$name\E\0/ }
sub runs { my ($name, $state) = @_; alive($name, $state) and !defined $state->{ended} and (split / /, stat_of($state->{pid}))[1] eq $state->{keeper} }
`;

/** A program for `perl -e`. Its first argument is the name of a session's directory. */
export function guestProgram(body: string): string {
  return `${PRELUDE.trim()}\n${body.trim()}\n`;
}
