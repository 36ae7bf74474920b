import type { Guarantee } from '../guarantee.js';

const STORE = 'test/integration/vm/template-store.spec.ts';
const STORE_FILE = 'src/vm/templates/template-store.ts';

const BEGINNING = 'No VM can change what the other VMs of its template begin as';
const OF_NO_USE =
  'No VM is made of a template that was damaged; one whose template is of no use boots, and says so';
const MAY_GO =
  'A template may go at any time: whoever uses it has it to the end, and disks that began as its own stay whole';
const SHAPE =
  'A VM goes on only from a template of its own shape: image, sizes, hypervisor and its version, processor';

/** What is promised of templates, and of the VMs that go on from them. */
export const TEMPLATES: readonly Guarantee[] = [
  {
    guarantee: BEGINNING,
    test: 'test/integration/hypervisor/sealed-memory.spec.ts',
    name: 'cannot be changed by anybody',
    mutations: [
      {
        file: 'src/vm/hypervisor/qemu/saving/memory-descriptor.adapter.ts',
        find: 'seal($memory);\n',
        replace: '',
      },
    ],
  },
  {
    guarantee: BEGINNING,
    test: STORE,
    name: 'which nobody writes any more',
    mutations: [
      {
        file: 'src/vm/saving/saved-files.adapter.ts',
        find: 'await chmod(path, bits);',
        replace: 'void [chmod, bits];',
      },
    ],
  },
  {
    guarantee: OF_NO_USE,
    test: STORE,
    name: 'whoever holds a template',
    mutations: [
      {
        file: 'src/vm/saving/saved-files.adapter.ts',
        find: 'if ((await this.#digest(path)) !== digest)',
        replace: 'if (found.size !== sizeBytes && (await this.#digest(path)) !== digest)',
      },
      {
        file: 'src/vm/saving/saved-files.adapter.ts',
        find: "[dev, ino, size, mtimeNs].join(':')",
        replace: "[dev, ino, size, typeof mtimeNs].join(':')",
      },
    ],
  },
  {
    guarantee: OF_NO_USE,
    test: 'src/vm/lifecycle/first-start.spec.ts',
    name: 'is a boot',
    mutations: [
      {
        file: 'src/vm/lifecycle/first-start.ts',
        find: 'wouldKeepItFromBooting(failure)) throw error;',
        replace: '!wouldKeepItFromBooting(failure)) throw error;',
      },
      {
        file: 'src/vm/lifecycle/first-start.ts',
        find: 'tell(failure, operation);',
        replace: 'void failure;',
      },
    ],
  },
  {
    guarantee: MAY_GO,
    test: STORE,
    name: 'has its files until letting it go',
    mutations: [
      {
        file: STORE_FILE,
        find: 'if (kept.users === 0) await this.#delete(id);',
        replace: 'await this.#delete(id);',
      },
    ],
  },
  {
    guarantee: MAY_GO,
    test: 'test/integration/host/disk-backend.contract.spec.ts',
    name: 'begin as one that goes, and stay whole when it is gone',
    mutations: [
      {
        file: 'src/host/disk/qcow2-disk.adapter.ts',
        find: 'const own = baseMayGo === true;',
        replace: 'const own = baseMayGo === true && sizeBytes === 0;',
      },
    ],
  },
  {
    guarantee: 'VMs of one template have no name, id, key, hardware address or random number in common',
    test: 'test/e2e/templates/identities.spec.ts',
    mutations: [
      {
        file: 'src/vm/identity/identity-adoption.ts',
        find: 'ioctl($random, 0x40085203, $pool) or fail("RNDADDENTROPY");\nioctl($random, 0x5207, 0) or fail("RNDRESEEDCRNG");\n',
        replace: '',
      },
      {
        file: 'src/vm/identity/adopt-identity.ts',
        find: 'bootId: randomUUID(),',
        replace: "bootId: randomUUID().replaceAll(/[0-9a-f]/g, '0'),",
      },
    ],
  },
  {
    guarantee: 'What a dead daemon left half-way of a template is gone, and one that is whole stays',
    test: 'test/integration/vm/templates-at-start.spec.ts',
    name: 'one that was',
    mutations: [
      {
        file: STORE_FILE,
        find: "if (owner.type === 'template' && !isKept)",
        replace: "if (owner.type === 'template' && !isKept && this.#byId.has(owner.id))",
      },
      {
        file: STORE_FILE,
        find: 'const isKept = this.#byId.has(owner.id) && key',
        replace: 'const isKept = !this.#byId.has(owner.id) && key',
      },
    ],
  },
  {
    guarantee: 'Templates take no more room than `templates.disk_mib`; the one used longest ago goes first',
    test: STORE,
    name: 'room for templates',
    mutations: [
      {
        file: STORE_FILE,
        find: 'if (bytes <= this.config.values.templates.diskMib * MIB) return;',
        replace: 'if (bytes > 0) return;',
      },
      {
        file: STORE_FILE,
        find: 'one.lastUsedAt.getTime() - other.lastUsedAt.getTime()',
        replace: 'other.lastUsedAt.getTime() - one.lastUsedAt.getTime()',
      },
    ],
  },
  {
    guarantee: SHAPE,
    test: STORE,
    name: 'finds no template',
    mutations: [
      {
        file: STORE_FILE,
        find: 'keyOf(template.shape) === key)',
        replace: 'keyOf(template.shape) === key || template.shape.imageId === shape.imageId)',
      },
    ],
  },
  {
    guarantee: SHAPE,
    test: 'src/vm/templates/template-shapes.spec.ts',
    name: 'is another on a host with another',
    mutations: [
      {
        file: 'src/vm/saving/machine-fits.ts',
        find: 'processor: digest(await this.host.processor()),',
        replace: "processor: digest((await this.host.processor()).split(':')[0] ?? ''),",
      },
    ],
  },
  {
    guarantee: 'Templates are made one at a time, and unasked no more of a shape that has failed twice',
    test: 'src/vm/templates/template-production.spec.ts',
    mutations: [
      {
        file: 'src/vm/templates/template-production.ts',
        find: 'await abortable(turn, signal, () => signal.reason);',
        replace: 'void [abortable, turn];',
      },
      {
        file: 'src/vm/templates/template-production.ts',
        find: 'const MAX_FAILURES = 2;',
        replace: 'const MAX_FAILURES = Infinity;',
      },
    ],
  },
];
