import type { Guarantee } from '../guarantee.js';

const OUTSIDE =
  'Nothing of an image that is pulled, whatever its layers hold, is written outside of what is made of it';
const CONFINED =
  'The programs of an image that is made a guest see no file and no process of the host, and outlive nothing';
const AS_SAID = 'What a registry or a bundle sends counts when it is what its digest says, and not before';
const HARMED = 'Images of the same content share files, but none that has come to harm';
const PROMOTED = 'An image that was made of a VM has nothing of who the VM was, not even in its free room';
const NAMES = 'An image takes the name of one of another origin only when it is told to';

/** What is promised of images, wherever they are from. */
export const IMAGES: readonly Guarantee[] = [
  {
    guarantee: OUTSIDE,
    test: 'test/integration/image/archive/hostile.spec.ts',
    name: 'is refused',
    mutations: [
      {
        file: 'src/image/archive/entry-name.ts',
        find: "if (isDotDot(name, start, end)) throw new ArchiveFault('has “..” in its name');",
        replace: 'void isDotDot(name, start, end);',
      },
    ],
  },
  {
    guarantee: CONFINED,
    test: 'test/integration/image/tree.spec.ts',
    name: 'lets its programs do nothing to the host',
    mutations: [
      {
        file: 'src/image/tree/confinement.ts',
        find: 'unshare --mount --pid --ipc --fork --kill-child sh -c',
        replace: 'unshare --mount --ipc sh -c',
      },
    ],
  },
  {
    guarantee: AS_SAID,
    test: 'test/integration/image/archive/hostile.spec.ts',
    name: 'is refused when it is another than its diffId says',
    mutations: [
      {
        file: 'src/image/archive/flatten-layers.ts',
        find: 'if (`sha256:${digest}` !== layer.diffId)',
        replace: 'if (layer.diffId === digest)',
      },
    ],
  },
  {
    guarantee: HARMED,
    test: 'test/integration/image/sharing.spec.ts',
    name: 'images share their files',
    mutations: [
      {
        file: 'src/image/store/blobs.ts',
        find: 'if (await this.#is(blob, found)) await this.files.link(blob, path);',
        replace:
          'void [this.#is, 0];\n      if (await this.files.exists(blob)) await this.files.link(blob, path);',
      },
    ],
  },
  {
    guarantee: PROMOTED,
    test: 'test/integration/image/machine-image.spec.ts',
    name: 'nothing of who the machine was',
    mutations: [
      {
        file: 'src/image/machine/machine-image.ts',
        find: 'if (hasJournal) await this.ext4.dropJournal(disk);',
        replace: 'void hasJournal;',
      },
    ],
  },
  {
    guarantee: NAMES,
    test: 'test/integration/image/pull.spec.ts',
    name: 'takes no name of an image of another origin',
    mutations: [
      {
        file: 'src/image/pull/image-puller.ts',
        find: "return source?.kind === 'pull' && source.reference === formatReference(reference);",
        replace: 'return source !== undefined || formatReference(reference) !== name;',
      },
    ],
  },
];
