import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtinCapabilities } from '../../test/support/fakes/capabilities.js';
import { testConfig } from '../../test/support/fakes/test-config.js';
import type { PublishedPort } from '../contract/index.js';
import { Rollback } from '../core/concurrency/index.js';
import { BangerError } from '../core/errors/index.js';
import { BUILTIN_CAPABILITIES } from './builtin-capabilities.js';
import type { Capability, Guest, MachineDraft, VmFacts } from './capability.js';

/** `ms` in which a hook MUST end after its signal, on a busy host */
const SOON_MS = 5_000;
const ID = /^[a-z]+(-[a-z]+)*$/;

/** A guest that hangs: it answers nothing, and notices only that nobody waits any more. */
const HUNG: Guest = {
  exec: (_argv, { signal } = {}) =>
    new Promise((_resolve, reject) => {
      const abort = (): void => reject(signal?.reason as Error);
      if (signal?.aborted === true) abort();
      signal?.addEventListener('abort', abort, { once: true });
    }),
  time: () => new Promise(() => undefined),
};

const unreachable = (): Promise<never> =>
  Promise.reject(
    new BangerError('VM_GUEST_UNREACHABLE', 'gone', { details: { vm: 'web', channel: 'agent' } }),
  );
const MISSING: Guest = { exec: unreachable, time: unreachable };

function factsOf(port: number): VmFacts {
  const published: PublishedPort = {
    hostAddress: '127.0.0.1',
    hostPort: port,
    guestPort: 80,
    protocol: 'tcp',
  };
  return {
    id: 'vm_1',
    name: 'web',
    publishedPorts: [published],
    machineId: '0'.repeat(32),
    mac: '52:54:00:00:00:01',
    sshPort: 22001,
    hostKeyPrivate: 'PRIVATE\n',
    hostKeyPublic: 'ssh-ed25519 AAAA root@web',
    authorizedKeys: ['ssh-ed25519 BBBB banger'],
    networked: true,
    env: { A: '1' },
    gitIdentity: { name: 'Ada "the" \\ Countess', email: 'ada@example.org' },
  };
}

const emptyDraft = (): MachineDraft => ({
  identityFiles: [],
  nics: [{ type: 'user', mac: '', forwards: [] }],
  bootArguments: [],
});
const nameOf = async (): Promise<undefined> => undefined;
const signal = new AbortController().signal;
const warn = (): void => undefined;

/** Every built-in capability is held to the contract of capability.ts; a new one without anybody remembering. */
describe.each(BUILTIN_CAPABILITIES.map((type) => [type.name, type] as const))('%s', (_name, type) => {
  let set: Awaited<ReturnType<typeof builtinCapabilities>>;
  let capability: Capability;
  let facts: VmFacts;
  beforeAll(async () => {
    set = await builtinCapabilities(await testConfig());
    const found = set.registry.all.find((one) => one instanceof type);
    expect(found, 'it is in the registry').toBeDefined();
    capability = found as Capability;
    facts = factsOf(await freePort());
  });
  afterAll(() => set.close());

  it('has a valid name, and comes after others that exist', () => {
    expect(capability.id).toMatch(ID);
    const ids = set.registry.all.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([...capability.after]));
    for (const other of capability.after) expect(ids.indexOf(other)).toBeLessThan(ids.indexOf(capability.id));
    if (capability.prepare !== undefined || capability.ready !== undefined)
      expect(capability.title, 'a title for its steps').not.toBe('');
  });

  it('configures the same every time, and changes neither the facts nor the books', () => {
    const before = structuredClone(facts);
    const drafts = [emptyDraft(), emptyDraft()];
    for (const draft of drafts) capability.configure?.(draft, Object.freeze(structuredClone(facts)));
    capability.configure?.(emptyDraft(), facts);
    expect(drafts[0]).toEqual(drafts[1]);
    expect(facts).toEqual(before);
    expect(set.ledger.entries).toEqual([]);
  });

  it('finds the same before every start, and touches nothing', async () => {
    const find = async (): Promise<string[]> =>
      ((await capability.preflight?.(facts, { signal, warn, nameOf })) ?? []).map(({ message }) => message);
    expect(await find()).toEqual(await find());
    expect(set.ledger.entries).toEqual([]);
  });

  it('stops without having been prepared, and twice', async () => {
    await capability.stopped?.({ id: 'vm_never' });
    await capability.prepare?.(facts, { signal, warn, nameOf, rollback: new Rollback() });
    await capability.stopped?.(facts);
    await capability.stopped?.(facts);
    expect(set.ledger.entries).toEqual([]);
  });

  it('leaves nothing when it fails half-way', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const second: PublishedPort = {
      hostAddress: '127.0.0.1',
      hostPort: portOf(taken),
      guestPort: 81,
      protocol: 'tcp',
    };
    const rollback = new Rollback();
    const doomed = { ...facts, publishedPorts: [...facts.publishedPorts, second] };
    await capability.prepare?.(doomed, { signal, warn, nameOf, rollback }).catch(() => undefined);
    expect(await rollback.run()).toEqual([]);
    taken.close();
    expect(set.ledger.entries).toEqual([]);
  });

  it('does without a guest that is gone, and takes a running VM up again and again', async () => {
    await capability.ready?.(facts, MISSING, { signal, warn });
    await capability.reconcile?.(facts, MISSING, { signal, warn });
    const once = structuredClone(set.ledger.entries);
    await capability.reconcile?.(facts, HUNG, { signal, warn });
    expect(set.ledger.entries).toEqual(once);
    await capability.stopped?.(facts);
    expect(set.ledger.entries).toEqual([]);
  });

  it('goes to sleep again and again, and has nothing left when it is stopped', async () => {
    const context = { signal, warn, nameOf, wake: () => Promise.resolve() };
    await capability.suspended?.(facts, context);
    const once = structuredClone(set.ledger.entries);
    await capability.suspended?.(facts, context);
    expect(set.ledger.entries).toEqual(once);
    await capability.prepare?.(facts, { signal, warn, nameOf, rollback: new Rollback() });
    await capability.stopped?.(facts);
    expect(set.ledger.entries).toEqual([]);
  });

  it('ends soon when it is asked to, whatever the guest does', { timeout: SOON_MS * 4 }, async () => {
    const controller = new AbortController();
    const context = { signal: controller.signal, warn };
    const hooks = Promise.allSettled([
      capability.ready?.(facts, HUNG, context),
      capability.reconcile?.(facts, HUNG, context),
      capability.forked?.(facts, { ...facts, id: 'vm_2', name: 'parent' }, HUNG, context),
    ]);
    setTimeout(
      () => controller.abort(new BangerError('CANCELLED', 'enough', { details: { what: 'it' } })),
      20,
    );
    const late = new Promise((resolve) => setTimeout(() => resolve('still running'), SOON_MS).unref());
    expect(await Promise.race([hooks, late])).not.toBe('still running');
    await capability.stopped?.(facts);
  });
});

function portOf(server: ReturnType<typeof createServer>): number {
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
