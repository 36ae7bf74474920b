import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { REPOSITORY } from '../../support/repository.js';
import type { TestHost } from '../../support/test-host.js';
import type { Books } from './books.js';
import type { MachineFacts } from './machine-facts.js';

const DOCUMENT = 'docs/state-directory.md';
const RUNTIME_NAMES = ['banger.sock', 'vm'];

/**
 * Every file is one that the documentation names: what is left of a write, a copy or a download is not. Directories of
 * VMs, images and kernels are those of the rows, those of templates the ledger's, no more and no fewer.
 */
export function fileDeviations(books: Books, machine: MachineFacts, host: TestHost): string[] {
  const ids = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id);
  const running = books.vms.filter(({ state }) => state === 'running');
  return [
    ...machine.stateFiles
      .filter((path) => !isDocumented(path))
      .map((path) => `the file ${path} in the state directory is not one of ${DOCUMENT}`),
    ...machine.runtimeFiles
      .filter((path) => !RUNTIME_NAMES.includes(path.split('/')[0] ?? ''))
      .map((path) => `the file ${path} in the runtime directory is unknown`),
    ...machine.stateFiles
      .filter((path) => /^vms\/[^/]+\/(?:root|work)\.live-/.test(path))
      .filter((path) => !isSecondName(join(host.stateDirectory, path)))
      .map((path) => `the disk ${path}, which a VMM writes, is not at its place`),
    ...below(machine.stateFiles, 'blobs')
      .filter((name) => statSync(join(host.stateDirectory, 'blobs', name)).nlink === 1)
      .map((name) => `the file blobs/${name} is one that no image and no kernel has`),
    ...machine.temporaryFiles.map((path) => `a temporary file was left: ${path}`),
    ...differences('directory of a VM', below(machine.stateFiles, 'vms'), ids(books.vms)),
    ...differences('directory of an image', below(machine.stateFiles, 'images'), ids(books.images)),
    ...differences('directory of a kernel', below(machine.stateFiles, 'kernels'), ids(books.kernels)),
    ...differences('directory of a template', below(machine.stateFiles, 'templates'), ids(books.templates)),
    ...differences('runtime directory of a VM', below(machine.runtimeFiles, 'vm'), ids(running)),
    ...books.images
      .filter(({ id }) => below(machine.stateFiles, `images/${id}`).length < IMAGE_FILES)
      .map(({ id, name }) => `the image ${name} lacks files in ${join(host.stateDirectory, 'images', id)}`),
    ...books.templates
      .filter(({ id }) => below(machine.stateFiles, `templates/${id}`).length < TEMPLATE_FILES)
      .map(({ id }) => `the template ${id} lacks files`),
  ];
}

/** `vmlinux`, `initrd`, `root.ext4`, `work.ext4`, `manifest.json` */
const IMAGE_FILES = 5;
/** `root.qcow2` or `root.raw`, `memory`, `state`, `manifest.json` */
const TEMPLATE_FILES = 4;

/** Of what the VM begins with when it is started again. */
function isSecondName(path: string): boolean {
  const place = path.replace(/\.live-[^/]*(\.\w+)$/, '$1');
  return statSync(path).ino === statSync(place).ino;
}

function differences(what: string, there: readonly string[], owners: readonly string[]): string[] {
  return [
    ...there.filter((name) => !owners.includes(name)).map((name) => `the ${what} ${name} has no owner`),
    ...owners.filter((id) => !there.includes(id)).map((id) => `the ${what} ${id} is missing`),
  ];
}

function below(paths: readonly string[], directory: string): string[] {
  return paths
    .filter((path) => path.startsWith(`${directory}/`) && !path.slice(directory.length + 1).includes('/'))
    .map((path) => basename(path));
}

const documented = documentedPaths();

function isDocumented(path: string): boolean {
  return documented.some((pattern) => pattern.test(path));
}

/** From the first column of the table. Parents of what is named are named. */
function documentedPaths(): RegExp[] {
  const rows = readFileSync(join(REPOSITORY, DOCUMENT), 'utf8').matchAll(/^\| (`[^|]*) \|/gm);
  const paths = [...rows].flatMap(([, cell]) => {
    const [first = '', ...others] = [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? '');
    return [first, ...others.flatMap((text) => variants(first, text))];
  });
  // A directory has everything in it, unless the files in it are named too.
  const open = paths.filter((path) => path.endsWith('/') && !paths.some((other) => isBelow(other, path)));
  const closed = paths.flatMap((path) => {
    const parts = path.replace(/\/$/, '').split('/');
    return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
  });
  return [...open.map((path) => `${path}*`), ...closed].map(toPattern);
}

/** `root.raw`, `.qcow2` is another ending, `id_ed25519`, `.pub` and `banger.db`, `-wal` are longer names. */
function variants(first: string, text: string): string[] {
  if (text.startsWith('.')) return [`${first}${text}`, first.replace(/\.[^./]+$/, text)];
  return [text.startsWith('-') ? `${first}${text}` : text];
}

function isBelow(path: string, directory: string): boolean {
  return path !== directory && path.startsWith(directory);
}

function toPattern(path: string): RegExp {
  const escaped = path.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  const everything = escaped.endsWith('/*') ? `${escaped.slice(0, -1)}.*` : escaped;
  return new RegExp(`^${everything.replaceAll(/<\w+>|(?<!\.)\*/g, '[^/]+')}$`);
}
