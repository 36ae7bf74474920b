import type { PublishedPort, VmCreateParams } from '../../contract/index.js';
import type { Project } from './project-reader.js';

/** What the creator asked for comes before what the repository wants. Variables and labels are joined, name by name. */
export function applyProject(params: VmCreateParams, { settings }: Project): VmCreateParams {
  const joined = {
    env: { ...settings.env, ...params.env },
    labels: { ...settings.labels, ...params.labels },
    publishedPorts: joinPorts(settings.publishedPorts ?? [], params.publishedPorts ?? []),
  };
  const given = Object.entries(params).filter(([, value]) => value !== undefined);
  return Object.assign({}, settings, Object.fromEntries(given), joined);
}

/** A port of the guest, or of the host, that the creator publishes is theirs to publish. */
function joinPorts(
  ofProject: readonly PublishedPort[],
  ofCreator: readonly PublishedPort[],
): PublishedPort[] {
  const isGiven = (port: PublishedPort): boolean =>
    ofCreator.some(
      ({ hostPort, guestPort, protocol }) =>
        protocol === port.protocol && (hostPort === port.hostPort || guestPort === port.guestPort),
    );
  return [...ofProject.filter((port) => !isGiven(port)), ...ofCreator];
}
