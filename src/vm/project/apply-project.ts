import type { PublishedPort, VmCreateParams, WorkspaceSource } from '../../contract/index.js';
import type { Project } from './project-reader.js';

/** What the creator asked for comes before what the repository wants. Variables and labels are joined, name by name. */
export function applyProject(params: VmCreateParams, project: Project): VmCreateParams {
  const { settings } = project;
  const joined = {
    env: { ...settings.env, ...params.env },
    labels: { ...settings.labels, ...params.labels },
    publishedPorts: joinPorts(settings.publishedPorts ?? [], params.publishedPorts ?? []),
    ...(params.workspace !== undefined && { workspace: applyProjectWorkspace(params.workspace, project) }),
  };
  const given = Object.entries(params).filter(([, value]) => value !== undefined);
  return Object.assign({}, settings, Object.fromEntries(given), joined);
}

/**
 * How a repository goes into a guest, as whoever brings it asks for it and the repository wants it otherwise. What is left
 * out of both is left out; of the patterns those of the asker come last, so that they can take back what is left out.
 */
export function applyProjectWorkspace(
  asked: WorkspaceSource,
  { workspace: { setup: _setup, exclude = [], ...wanted } = {} }: Project,
): WorkspaceSource {
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const joined: WorkspaceSource = Object.assign({}, wanted, given, { path: asked.path });
  const patterns = [...exclude, ...(asked.exclude ?? [])];
  // one that is prepared again has those of the project already
  if (patterns.length > 0) joined.exclude = [...new Set(patterns)];
  // whoever asks for a depth asks for the mode that has one
  if (asked.depth !== undefined && asked.mode === undefined) delete joined.mode;
  // a depth of the repository's own is none for the mode that is asked for instead
  if (asked.depth === undefined && (joined.mode ?? 'shallow') !== 'shallow') delete joined.depth;
  return joined;
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
