import { existsSync } from 'node:fs';
import type { Books, ResourceBook } from './books.js';
import type { MachineFacts } from './machine-facts.js';

/** Every resource in the ledger has an owner that exists and knows of it, and is there. */
export function resourceDeviations(books: Books, machine: MachineFacts): string[] {
  return books.resources.flatMap((resource) => {
    const { kind, key, ownerType, ownerId } = resource;
    const what = `the ${kind} ${key} of the ${ownerType} ${ownerId}`;
    if (!ownersOf(ownerType, books).some(({ id }) => id === ownerId))
      return [`${what} has an owner that is no more`];
    const problem = problemOf(resource, books, machine);
    return problem === undefined ? [] : [`${what} ${problem}`];
  });
}

function ownersOf(type: string, books: Books): readonly { readonly id: string }[] {
  if (type === 'template') return books.templates;
  if (type === 'kernel') return books.kernels;
  return type === 'image' ? books.images : books.vms;
}

function problemOf(resource: ResourceBook, books: Books, machine: MachineFacts): string | undefined {
  const { kind, key, ownerId, data } = resource;
  const vm = books.vms.find(({ id }) => id === ownerId);
  switch (kind) {
    case 'directory':
    case 'file':
      return existsSync(key) ? undefined : 'is not there';
    case 'process':
      return machine.processes.some(({ commandLine }) => commandLine.includes(String(data['marker'])))
        ? undefined
        : 'is not there';
    case 'port':
      return String(vm?.sshPort) === key || vm?.publishedPorts.includes(key) === true
        ? undefined
        : 'is unknown to its owner';
    case 'uid':
      return String(vm?.uid) === key ? undefined : 'is unknown to its owner';
    default:
      return undefined;
  }
}
