/** File systems of a site that are worked on. */
export const WORKED_ON = ['root', 'work', 'seed'] as const;
export type WorkedOn = (typeof WORKED_ON)[number];

/** Where one of them is meanwhile. Each program on it has this path as an argument, which tells it from others. */
export function workPath(directory: string, name: WorkedOn): string {
  return `${directory}/${name}.disk`;
}
