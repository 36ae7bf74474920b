import { describe, expect, it } from 'vitest';
import { Random } from '../../../test/fuzz/rpc/random.js';
import { MAX_LISTENERS, parseListeners } from './guest-listeners.js';
import { idlePorts, withReach } from './port-reach.js';

const TAIL = '00000000:00000000 00:00000000 00000000     0        0';
const tcp = (address: string, inode: number, state = '0A'): string =>
  `   0: ${address} 00000000:0000 ${state} ${TAIL} ${inode} 1 0000000000000000 100 0 0 10 0`;
const tcp6 = (address: string, inode: number): string =>
  `   1: ${address} 00000000000000000000000000000000:0000 0A ${TAIL} ${inode} 1 0 100 0 0 10 0`;
const fd = (inode: number): string => `lrwx------ 1 root root 64 Nov 25 20:59 5 -> socket:[${inode}]`;

const OUTPUT = [
  '== tcp',
  tcp('0100007F:1F90', 100),
  tcp('00000000:0016', 101),
  tcp('0100007F:9999', 102, '01'),
  '== tcp6',
  tcp6('00000000000000000000000000000000:0016', 103),
  tcp6('00000000000000000000000001000000:0277', 104),
  tcp6('0000000000000000FFFF00000100007F:1771', 105),
  '== udp',
  tcp('00000000:0044', 106, '07'),
  '== udp6',
  '== fds',
  '/proc/1/fd:',
  fd(101),
  '/proc/124/fd:',
  fd(101),
  fd(103),
  '/proc/300/fd:',
  fd(100),
  '/proc/301/fd:',
  fd(100),
  '== names',
  '/proc/1/comm:systemd',
  '/proc/124/comm:sshd',
  '/proc/300/comm:evil\u001b[2Jname that is far too long to be a process of Linux',
  '',
].join('\n');

describe('parseListeners', () => {
  it('lists what listens, with the process that has it', () => {
    expect(parseListeners(OUTPUT)).toEqual({
      truncated: false,
      listeners: [
        { protocol: 'tcp', address: '::', port: 22, pid: 124, process: 'sshd' },
        { protocol: 'tcp', address: '0.0.0.0', port: 22, pid: 124, process: 'sshd' },
        { protocol: 'tcp', address: '::1', port: 631 },
        { protocol: 'tcp', address: '::ffff:7f00:1', port: 6001 },
        {
          protocol: 'tcp',
          address: '127.0.0.1',
          port: 8080,
          pid: 300,
          process: 'evil?[2Jname that is far too lon',
        },
        { protocol: 'udp', address: '0.0.0.0', port: 68 },
      ],
    });
  });

  it('is not led astray by headings and lines that the guest made up', () => {
    const forged = `${OUTPUT}\n== tcp\n${tcp('00000000:0001', 1)}\n== tcp\n== fds\n/proc/9/fd:\n${fd(103)}`;
    expect(parseListeners(forged)).toEqual(parseListeners(OUTPUT));
    for (const line of [
      '0: 0:0 0:0 0A',
      tcp('00000000:0000', 1),
      tcp('0000:0016', 1),
      tcp('00000000:0016', 1).slice(0, 60),
    ])
      expect(parseListeners(`== tcp\n${line}\n== udp\n${line}`).listeners).toEqual([]);
  });

  it('lists a bounded number, and says that there are more', () => {
    const many = Array.from({ length: MAX_LISTENERS * 3 }, (_, index) =>
      tcp(`00000000:${(index + 1).toString(16).toUpperCase().padStart(4, '0')}`, index),
    );
    const { listeners, truncated } = parseListeners(`== tcp\n${many.join('\n')}`);
    expect([listeners.length, truncated]).toEqual([MAX_LISTENERS, true]);
  });

  it('survives whatever the guest sends, in little time', () => {
    const random = new Random(4711);
    const pieces = OUTPUT.split(/(?<=\n)/);
    for (let round = 0; round < 300; round += 1) {
      const shuffled = Array.from({ length: 40 }, () => {
        const piece = pieces[random.below(pieces.length)] ?? '';
        const cut = random.below(piece.length + 1);
        return random.below(3) === 0 ? piece.slice(0, cut) + String.fromCodePoint(random.below(256)) : piece;
      }).join('');
      for (const listener of parseListeners(shuffled).listeners) {
        expect(listener.port).toBeGreaterThan(0);
        expect(listener.process ?? '').toMatch(/^[\x20-\x7e]{0,32}$/);
        expect(listener.address).toMatch(/^[0-9a-f.:]{2,39}$/);
      }
    }
    const long = '== tcp\n'.repeat(100_000) + '0: '.repeat(200_000) + ' '.repeat(900_000);
    const start = performance.now();
    parseListeners(long);
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

describe('where a listener is reached', () => {
  const facts = {
    vm: 'web',
    sshPort: 20_022,
    publishedPorts: [
      { hostAddress: '127.0.0.1', hostPort: 8080, guestPort: 80, protocol: 'tcp' as const },
      { hostAddress: '0.0.0.0', hostPort: 5353, guestPort: 53, protocol: 'udp' as const },
    ],
  };
  const at = (protocol: 'tcp' | 'udp', address: string, port: number) =>
    withReach({ protocol, address, port }, facts);

  it('names the published port, and the one that leads to SSH', () => {
    expect(at('tcp', '0.0.0.0', 80).reachable).toEqual(['127.0.0.1:8080']);
    expect(at('tcp', '::', 80).reachable).toEqual(['127.0.0.1:8080']);
    expect(at('udp', '10.0.2.15', 53).reachable).toEqual(['0.0.0.0:5353']);
    expect(at('tcp', '0.0.0.0', 22).reachable).toEqual(['127.0.0.1:20022']);
  });

  it('says why it is not reached, and what would change that', () => {
    for (const loopback of ['127.0.0.1', '127.0.0.53', '::1', '::ffff:7f00:1'])
      expect(at('tcp', loopback, 80)).toMatchObject({
        reachable: [],
        hint: expect.stringContaining('loopback only'),
      });
    expect(at('tcp', 'fe80::1', 80)).toMatchObject({ reachable: [], hint: expect.stringContaining('IPv6') });
    expect(at('tcp', '0.0.0.0', 3000).hint).toBe('not published: banger vm set web --publish 3000:3000');
    expect(at('udp', '0.0.0.0', 80).hint).toBe('not published: banger vm set web --publish 8080:80/udp');
  });

  it('knows the published ports behind which nothing is', () => {
    const listeners = [
      { protocol: 'tcp' as const, address: '127.0.0.1', port: 80 },
      { protocol: 'udp' as const, address: '0.0.0.0', port: 53 },
    ];
    expect(idlePorts(facts.publishedPorts, listeners)).toEqual([facts.publishedPorts[0]]);
  });
});
