import { ArchiveFault } from './archive-fault.js';
import { MAX_PAX_BYTES } from './archive-limits.js';
import { formatPaxRecord } from './pax-records.js';

/** About the host that made the layer: labels of its SELinux policy, marks of its overlay file systems. */
const FOREIGN = /^(?:security\.selinux$|trusted\.overlay\.|user\.overlay\.)/;

/**
 * The attributes that are kept, as records of a pax header. GNU tar writes and reads `%` and `=` of a name as `%25` and
 * `%3D`; that the layers themselves may have been written so is not assumed, as other readers of layers do not.
 */
export function xattrRecords(xattrs: ReadonlyMap<string, Buffer>): Buffer {
  if (xattrs.size === 0) return NONE;
  const records = [...xattrs]
    .filter(([name]) => !FOREIGN.test(name))
    .map(([name, value]) => formatPaxRecord(`SCHILY.xattr.${encodeName(name)}`, value));
  const all = Buffer.concat(records);
  if (all.length > MAX_PAX_BYTES) throw new ArchiveFault(`has extended attributes of ${all.length} bytes`);
  return all;
}

const NONE = Buffer.alloc(0);

function encodeName(name: string): string {
  return name.replaceAll('%', '%25').replaceAll('=', '%3D');
}
