/**
 * What runs in a guest counts ten times a second, in memory (`/run/count`) and on the disk (`/counted`, a number a line),
 * and sends a datagram to a machine that is not there each time. One process: a shell would start some for each number,
 * which costs an emulated guest most of its CPU.
 */
export const COUNT = `
nohup perl -MIO::Socket::INET -e '
  my $other = IO::Socket::INET->new(Proto => "udp", PeerAddr => "10.0.2.9:9");
  for (my $n = 1; ; $n++) {
    for ([">", "/run/count.new"], [">>", "/counted"]) { open(my $file, $$_[0], $$_[1]); print $file "$n\\n"; close($file) }
    rename("/run/count.new", "/run/count");
    send($other, "hello", 0);
    select(undef, undef, undef, 0.1);
  }' > /dev/null 2>&1 &
sleep 1
`;
