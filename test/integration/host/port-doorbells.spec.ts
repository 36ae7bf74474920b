import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PublishedPort } from '../../../src/contract/index.js';
import { PortDoorbells } from '../../../src/host/index.js';
import { freePort } from '../../support/free-port.js';

const heard = (text: string): string => `heard ${text}${'.'.repeat(100_000)}`;

describe('doorbells', () => {
  let bells: PortDoorbells;
  let port: PublishedPort;
  let server: Server | undefined;
  let woken: number;
  /** connections that `say` has got */
  let connected: number;
  beforeEach(async () => {
    bells = new PortDoorbells();
    port = { hostAddress: '127.0.0.1', hostPort: await freePort(), guestPort: 80, protocol: 'tcp' };
    [woken, connected] = [0, 0];
  });
  afterEach(async () => {
    await bells.takeDown('vm');
    server?.close();
    server = undefined;
  });

  /** What the owner does when he is awake: he listens on the port himself, and says what he hears. */
  async function wake(): Promise<void> {
    woken += 1;
    await bells.takeDown('vm');
    server = createServer((socket) => {
      // ends before it has read what comes later, as many servers do
      socket.on('data', (data) => socket.end(heard(data.toString())));
    });
    await new Promise<void>((resolve, reject) => {
      server?.once('error', reject);
      server?.listen(port.hostPort, port.hostAddress, resolve);
    });
  }

  function say(text: string): Promise<string> {
    return new Promise((resolve) => {
      let answer = '';
      const socket = connect(port.hostPort, port.hostAddress, () => {
        connected += 1;
        socket.write(text);
      });
      socket.on('data', (chunk) => (answer += chunk.toString()));
      socket.once('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? ''));
      socket.once('close', () => resolve(answer));
    });
  }

  it('wake once, and lead all who have knocked by then to where they wanted', async () => {
    await bells.hang('vm', [port], async () => {
      // all of them have knocked by then, however busy the host is
      await expect.poll(() => connected).toBe(3);
      await delay(100);
      await wake();
    });
    const answers = await Promise.all(['one', 'two', 'three'].map(say));
    expect(answers).toEqual(['one', 'two', 'three'].map(heard));
    expect(woken).toBe(1);
    expect(await say('later'), 'the owner himself').toBe(heard('later'));
  });

  it('try again with the next who knocks when nobody woke', async () => {
    let fails = true;
    await bells.hang('vm', [port], () => (fails ? Promise.reject(new RangeError('no memory')) : wake()));
    expect(await say('one')).toBe('');
    fails = false;
    expect(await say('two')).toBe(heard('two'));
  });

  it('are gone when they are taken down; none is success', async () => {
    await bells.hang('vm', [port], wake);
    await bells.takeDown('vm');
    await bells.takeDown('vm');
    expect(await say('one')).toBe('ECONNREFUSED');
    expect(woken).toBe(0);
  });

  it('are woken by a datagram, and leave others their ports', async () => {
    const { hostAddress, hostPort, guestPort } = port;
    const udp: PublishedPort = { hostAddress, hostPort, guestPort, protocol: 'udp' };
    const taken = createServer().listen(port.hostPort, port.hostAddress);
    await new Promise((resolve) => taken.once('listening', resolve));
    await bells.hang('vm', [port, udp], () => {
      woken += 1;
      return Promise.resolve();
    });
    const socket = createSocket('udp4');
    socket.send('hello', udp.hostPort, udp.hostAddress);
    await expect.poll(() => woken).toBe(1);
    socket.close();
    taken.close();
  });
});
