import {
  absolutePath,
  listOf,
  mapOf,
  relativePath,
  tableOf,
  text,
  transformed,
} from '../../core/toml/index.js';
import type { KeySpec, ValueType } from '../../core/toml/index.js';

/** `bytes` of a recipe's text */
export const MAX_RECIPE_BYTES = 64 * 1024;
/** `bytes` of all files that come with a recipe: with them a request has to stay one line of the RPC */
export const MAX_CONTENT_BYTES = 2.5 * 1024 ** 2;
/** Files that come with a recipe. */
export const MAX_FILES = 256;

const GIB = 1024 ** 3;

/** `16g`; in bytes */
function diskSize(): ValueType<number> {
  const type = text('a size from "2g" to "16t"', /^[1-9]\d{0,4}[gt]$/, {
    valid: (written) => bytesOf(written) >= 2 * GIB && bytesOf(written) <= 16 * 1024 * GIB,
  });
  return transformed(type, bytesOf, (bytes) => `${bytes / GIB}g`);
}

function bytesOf(written: string): number {
  return Number(written.slice(0, -1)) * (written.endsWith('t') ? 1024 * GIB : GIB);
}

/** Of an account: what useradd(8) takes. */
const USER_NAME = /^[a-z_][a-z0-9_-]{0,31}$/;

function commandLine(): ValueType<string> {
  return text('a text of up to 16384 characters', /^[^\0]{1,16384}$/);
}

const COMMAND_TABLE = tableOf({
  run: { type: commandLine(), doc: 'The command; several lines may follow each other.' },
  user: {
    type: text('the name of a user', USER_NAME),
    doc: 'Who runs it, in their home directory; root when left out. A user that is not there is made.',
    optional: true,
  },
});
type CommandTable = typeof COMMAND_TABLE extends ValueType<infer T> ? T : never;

/** Its text alone, or a table. */
function command(): ValueType<CommandTable> {
  const line = commandLine();
  return {
    what: 'a command as a text, or a table with run and user',
    ...(COMMAND_TABLE.fields !== undefined && { fields: COMMAND_TABLE.fields }),
    read: (value, report) => {
      if (typeof value !== 'string') return COMMAND_TABLE.read(value, report);
      const run = line.read(value, report);
      return run === undefined ? undefined : { run };
    },
    write: (value) => COMMAND_TABLE.write(value),
  };
}

const PLACED_FILE = tableOf({
  from: { type: relativePath('the directory of the recipe'), doc: 'File beside the recipe.' },
  to: {
    type: absolutePath(),
    doc: 'Where it comes to lie in the image; when this ends with "/", in that directory under its own name.',
  },
  mode: {
    type: transformed(
      text('file permissions in octal digits such as "0600"', /^[0-7]?[0-7]{3}$/),
      (digits) => Number.parseInt(digits, 8),
      (mode) => mode.toString(8).padStart(4, '0'),
    ),
    doc: 'Permissions there; "0644" when left out, "0755" if it may be executed on the host.',
    optional: true,
  },
  owner: {
    type: text(
      'a user, or user:group, by name or number',
      /^([a-z_][a-z0-9_-]{0,31}|\d{1,5})(:([a-z_][a-z0-9_-]{0,31}|\d{1,5}))?$/,
    ),
    doc: 'Whose it is; of root when left out.',
    optional: true,
  },
});

const VARIABLE = {
  what: 'the name of a variable that no login sets itself',
  pattern:
    /^(?!(?:HOME|USER|LOGNAME|SHELL|MAIL|PWD|OLDPWD|HOSTNAME|TERM|SHLVL|IFS|PS[0-9]|ENV|BASH_ENV|_|SSH_.*|BANGER_.*)$)[A-Za-z_][A-Za-z0-9_]{0,127}$/,
};

function key<T>(spec: KeySpec<T>): KeySpec<T> {
  return spec;
}

/** Every key of a recipe, in the order in which they take effect. */
export const RECIPE_KEYS = {
  base: key({
    key: 'base',
    type: text('the name of a release such as "bookworm"', /^[a-z]{2,32}$/),
    example: 'base = "bookworm"',
    doc: 'Release of the host’s distribution that the image is made of, from the mirrors of the host: its essential packages, and what a guest needs. The host’s own release when left out, with which it works offline from what was downloaded before. Not together with `image`.',
  }),
  image: key({
    key: 'image',
    type: text('the name of an image', /^[^\p{C}]{1,128}$/u),
    example: 'image = "debian"',
    doc: 'Image that this one goes on from, whatever that was made of; it has to be there (`banger image list`). Its kernel is kept. When there is a newer image of that name, the next build begins with it.',
  }),
  diskBytes: key({
    key: 'disk',
    type: diskSize(),
    example: 'disk = "16g"',
    doc: 'Size of the root disk that VMs get when they do not ask for another. It takes no more of the host than what is in it. 8g, or that of `image`, when left out.',
  }),
  env: key({
    key: 'env',
    type: mapOf(VARIABLE, text('a text of one line', /^[^\p{Cc}]{0,32768}$/u, { secret: true }), 128),
    example: '[env]\nNODE_ENV = "development"',
    doc: 'Variables for the commands below, and for all logins and commands in VMs of the image. Their values are what is written here: none is ever taken from the host. They can be read by whoever can read the image.',
  }),
  packages: key({
    key: 'packages',
    type: listOf(
      text(
        'the name of a package, or name=version',
        /^[a-z0-9][a-z0-9+.-]{0,127}(:[a-z0-9]{1,16})?(=[A-Za-z0-9.+~:-]{1,128})?$/,
      ),
      512,
    ),
    example: 'packages = ["nodejs", "npm"]',
    doc: 'Packages of the distribution, with what they depend on, without what they only recommend.',
  }),
  user: key({
    key: 'user',
    type: text('the name of a user', USER_NAME),
    example: 'user = "dev"',
    doc: 'An unprivileged user that is made, with a home directory, and with sudo without a password: the VM is the wall, not the user. In the VM: `su - dev`. While the image is built nobody can use sudo.',
  }),
  files: key({
    key: 'files',
    type: listOf(PLACED_FILE, MAX_FILES),
    example: '[[files]]\nfrom = "npmrc"\nto = "/root/.npmrc"\nmode = "0600"',
    doc: 'Files that lie beside the recipe, 2.5 MiB in all. The command line reads them, as the user who calls it.',
  }),
  commands: key({
    key: 'commands',
    type: listOf(command(), 128),
    example: '[[commands]]\nrun = "npm install --global pnpm"\nuser = "root"',
    doc: 'Run one after the other in the image, by its sh, in the home directory of their user; of several lines the first one that fails ends it. `commands = ["…", "…"]` is the same with texts alone. They see the image and nothing of the host but its network. A command that was run before, after the same steps, is not run again.',
  }),
  services: key({
    key: 'services',
    type: listOf(text('the name of a service', /^[A-Za-z0-9][A-Za-z0-9:_.@\\-]{0,127}$/), 64),
    example: 'services = ["docker"]',
    doc: 'Services that start with the VM (`systemctl enable`, or `rc-update add` where there is OpenRC).',
  }),
} as const;
