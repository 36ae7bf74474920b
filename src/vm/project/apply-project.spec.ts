import { expect, it } from 'vitest';
import type { PublishedPort } from '../../contract/index.js';
import { applyProject } from './apply-project.js';

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
