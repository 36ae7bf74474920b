import type { SourcesFile } from '../recipe/apt-sources.js';

/** What a build has to know of the host it runs on. */
export abstract class BuildHost {
  /** path of a program, looked up as programs are run; undefined when there is none */
  abstract findProgram(name: string): Promise<string | undefined>;
  /** VERSION_CODENAME of os-release: `bookworm`; empty when there is none */
  abstract codename(): Promise<string>;
  /** apt's sources, sources.list first */
  abstract aptSources(): Promise<SourcesFile[]>;
}
