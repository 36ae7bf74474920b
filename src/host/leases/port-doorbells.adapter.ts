import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { PublishedPort } from '../../contract/index.js';

/** A process that was killed may have its ports for a moment more: its last thread closes them. */
const TRIES = 40;
const TRY_AGAIN_MS = 25;
/** Connections that wait for one VM; more are refused. */
const MAX_WAITING = 64;

interface Doorbell {
  /** stops listening: the ports are free when it resolves */
  readonly closeAll: () => Promise<void>;
  readonly waiting: Set<Socket>;
}

/**
 * Listens on the ports of somebody who is asleep. The first who knocks wakes him; who knocks until he is awake waits, and
 * is led to the same port then, where he listens himself. Of UDP only the waking is done: what was sent is lost, as it
 * may be on any network.
 */
@Injectable()
export class PortDoorbells {
  readonly #bells = new Map<string, Doorbell>();

  /**
   * Those that there are already are replaced. A port that cannot be had wakes nobody. `wake` resolves when the owner
   * listens himself.
   */
  async hang(owner: string, ports: readonly PublishedPort[], wake: () => Promise<void>): Promise<void> {
    await this.takeDown(owner);
    const closers: (() => Promise<void>)[] = [];
    const waiting = new Set<Socket>();
    const bell: Doorbell = {
      waiting,
      closeAll: async () => {
        await Promise.all(closers.map((close) => close()));
      },
    };
    let woken: Promise<void> | undefined;
    const ring = (): Promise<void> =>
      (woken ??= wake().catch((error: unknown) => {
        // the next one who knocks tries again
        woken = undefined;
        throw error;
      }));
    this.#bells.set(owner, bell);
    for (const port of ports)
      closers.push(
        await patiently(() =>
          port.protocol === 'tcp'
            ? listen(port, (socket) => void answer(socket, { port, waiting, ring }))
            : hear(port, () => void ring().catch(() => undefined)),
        ),
      );
  }

  isHung(owner: string): boolean {
    return this.#bells.has(owner);
  }

  /** Nobody listens any more; who waits goes on to wait. None is success. */
  async takeDown(owner: string): Promise<void> {
    const bell = this.#bells.get(owner);
    this.#bells.delete(owner);
    await bell?.closeAll();
  }
}

/** Leads who knocked to where the owner listens when he is awake, and sends him away when he does not wake. */
async function answer(
  socket: Socket,
  { port, waiting, ring }: { port: PublishedPort; waiting: Set<Socket>; ring: () => Promise<void> },
): Promise<void> {
  socket.on('error', () => socket.destroy());
  if (waiting.size >= MAX_WAITING) {
    socket.destroy();
    return;
  }
  waiting.add(socket);
  socket.once('close', () => waiting.delete(socket));
  try {
    await ring();
  } catch {
    socket.destroy();
    return;
  }
  const host = port.hostAddress === '0.0.0.0' ? '127.0.0.1' : port.hostAddress;
  const inside = connect({ host, port: port.hostPort, allowHalfOpen: true });
  // Each end of a side is passed on by the pipes; destroyed, a side would lose what is still on its way.
  inside.on('error', () => socket.destroy());
  socket.on('error', () => inside.destroy());
  inside.once('connect', () => {
    socket.pipe(inside);
    inside.pipe(socket);
  });
}

/** @returns what undoes it. What cannot be had in that time wakes nobody. */
async function patiently(
  attempt: () => Promise<(() => Promise<void>) | 'taken'>,
): Promise<() => Promise<void>> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const close = await attempt();
    if (close !== 'taken') return close;
    await delay(TRY_AGAIN_MS);
  }
  return () => Promise.resolve();
}

function listen(
  { hostAddress, hostPort }: PublishedPort,
  onConnection: (socket: Socket) => void,
): Promise<(() => Promise<void>) | 'taken'> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, onConnection);
  return new Promise((resolve) => {
    server.once('error', () => resolve('taken'));
    server.listen(hostPort, hostAddress, () =>
      // Settles when the connections are over as well; the port is free at once.
      resolve(() => {
        server.close();
        return Promise.resolve();
      }),
    );
    server.unref();
  });
}

function hear(
  { hostAddress, hostPort }: PublishedPort,
  onMessage: () => void,
): Promise<(() => Promise<void>) | 'taken'> {
  const socket = createSocket('udp4', onMessage);
  return new Promise((resolve) => {
    const closed = (): Promise<void> => new Promise((done) => socket.close(() => done()));
    socket.once('error', () => resolve('taken'));
    socket.bind(hostPort, hostAddress, () => resolve(closed));
    socket.unref();
  });
}
