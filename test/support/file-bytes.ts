import { execFileSync } from 'node:child_process';

/** Whether a file has these bytes anywhere; holes are passed over, so that gigabytes of them cost nothing. */
const SEARCH = `
my ($path, $text) = @ARGV;
open(my $file, "<:raw", $path) or die "$!\\n";
for (my $at = 0; defined(my $data = sysseek($file, $at, 3));) {
  my $end = sysseek($file, $data, 4);
  sysseek($file, $data, 0);
  my ($tail, $left) = ("", $end - $data);
  while ($left > 0 && (my $read = sysread($file, my $chunk, $left < 1 << 20 ? $left : 1 << 20))) {
    $left -= $read;
    $tail .= $chunk;
    if (index($tail, $text) >= 0) { print "found"; exit }
    $tail = substr($tail, -length($text));
  }
  $at = $end;
}
`;

export function fileHas(path: string, text: string): boolean {
  return execFileSync('perl', ['-e', SEARCH, path, text], { encoding: 'utf8' }) === 'found';
}
