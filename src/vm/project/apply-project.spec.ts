import { expect, it } from 'vitest';
import type { PublishedPort, WorkspaceSource } from '../../contract/index.js';
import { applyProject, applyProjectWorkspace } from './apply-project.js';
import type { ProjectWorkspace } from './project-reader.js';

const port = (hostPort: number, guestPort: number, protocol: 'tcp' | 'udp' = 'tcp'): PublishedPort => ({
  hostAddress: '127.0.0.1',
  hostPort,
  guestPort,
  protocol,
});

it('what the creator asks for comes before what the repository wants', () => {
  const project = {
    file: '/r/.banger.toml',
    settings: {
      image: 'node',
      cpus: 2,
      memoryMib: 2048,
      env: { A: 'project', B: 'project' },
      labels: { team: 'web' },
      publishedPorts: [port(8080, 80), port(3000, 3000), port(5353, 53, 'udp'), port(9000, 9000)],
    },
    files: [],
    setup: undefined,
  };
  const asked = {
    name: 'web',
    cpus: 4,
    env: { A: 'asked', C: 'asked' },
    publishedPorts: [port(8081, 80), port(9000, 1), port(6000, 53)],
    workspace: { path: '/r' },
  };
  expect(applyProject(asked, project)).toEqual({
    name: 'web',
    image: 'node',
    cpus: 4,
    memoryMib: 2048,
    env: { A: 'asked', B: 'project', C: 'asked' },
    labels: { team: 'web' },
    publishedPorts: [port(3000, 3000), port(5353, 53, 'udp'), port(8081, 80), port(9000, 1), port(6000, 53)],
    workspace: { path: '/r' },
  });
});

it('a repository goes in as it is asked for, and as it wants it otherwise itself', () => {
  const project = {
    file: '/r/.banger.toml',
    settings: {},
    files: [],
    setup: undefined,
    workspace: { depth: 20, includeUntracked: false, exclude: ['*.mp4'], setup: 'npm ci' },
  };
  const of = (asked: Partial<WorkspaceSource>, workspace: ProjectWorkspace = project.workspace): unknown =>
    applyProjectWorkspace({ path: '/r', ...asked }, { ...project, workspace });
  const wanted = { path: '/r', depth: 20, includeUntracked: false, exclude: ['*.mp4'] };
  expect(applyProject({ workspace: { path: '/r' } }, project).workspace).toEqual(wanted);
  expect(of({ at: 'x', depth: 5, includeUntracked: true, exclude: ['!a.mp4'] })).toEqual({
    path: '/r',
    at: 'x',
    depth: 5,
    includeUntracked: true,
    exclude: ['*.mp4', '!a.mp4'],
  });
  expect(of({ mode: 'shallow' }), 'a depth of the mode that is asked for').toMatchObject({ depth: 20 });
  for (const mode of ['full', 'metadata'] as const)
    expect(of({ mode }), 'no depth but of mode shallow').toEqual({
      path: '/r',
      mode,
      includeUntracked: false,
      exclude: ['*.mp4'],
    });
  expect(of({ depth: 7 }, { mode: 'full' })).toEqual({ path: '/r', depth: 7 });
  expect(of({}, { mode: 'full', depth: 3 })).toEqual({ path: '/r', mode: 'full' });
  expect(applyProjectWorkspace({ path: '/r', readonly: true }, { ...project, workspace: {} })).toEqual({
    path: '/r',
    readonly: true,
  });
});
