import type { VmView } from '../../contract/vm.dto.js';
import { formatAge } from '../render/text.js';

/**
 * What will happen to a VM without anybody asking, soonest first; before it why it is down, unless it is coming up again.
 * @param now `ms` since 1970
 */
export function announcements(vm: VmView, now: number, { reason = true } = {}): string[] {
  const events: [at: number, what: (left: string) => string][] = [];
  const isDown = vm.state === 'stopped' || vm.state === 'suspended' || vm.state === 'failed';
  if (vm.restartAt !== undefined && isDown)
    events.push([Date.parse(vm.restartAt), (left) => `restarting in ${left} (${ordinal(vm.restarts)})`]);
  if (vm.idleStopAt !== undefined && vm.state === 'running')
    events.push([Date.parse(vm.idleStopAt), (left) => `idle stop in ${left}`]);
  if (vm.expiresAt !== undefined) events.push([Date.parse(vm.expiresAt), (left) => `expires in ${left}`]);
  const announced = events
    .toSorted(([a], [b]) => a - b)
    .map(([at, what]) => (at > now ? what(formatAge(at - now)) : what('0s').replace('in 0s', 'now')));
  const why = reason && isDown && vm.restartAt === undefined ? vm.lastEnd?.reason : undefined;
  return why === undefined ? announced : [why, ...announced];
}

/** `1st`, `2nd`, `3rd`, `4th`, `11th` */
export function ordinal(count: number): string {
  const tens = count % 100;
  const suffix = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th');
  return `${count}${suffix}`;
}
