/** FIEMAP's unit, as `filefrag -b512` counts */
const SECTOR = 512;

/** `0:  0..  799:  192..  991:  800:  16608: shared,eof`: number, place in the file, place on the disk, length */
const EXTENT = /^\s*\d+:\s*\d+\.\.\s*\d+:\s*\d+\.\.\s*\d+:\s*(\d+):\s*(?:\d+:)?\s*(\S*)$/;

/** `bytes` of a file that no other file shares, from what `filefrag -v -b512` prints. */
export function exclusiveBytes(report: string): number {
  let sectors = 0;
  for (const line of report.split('\n')) {
    const [, length, flags = ''] = EXTENT.exec(line.trimEnd()) ?? [];
    if (length !== undefined && !flags.split(',').includes('shared')) sectors += Number(length);
  }
  return sectors * SECTOR;
}
