import { PROJECT_FILE, PROJECT_KEYS } from '../../../src/workspace/project/project-keys.js';
import { renderKey } from './render-keys.js';

const INTRODUCTION = `# The project file

This page is made from the table of keys; \`sh scripts/generate-docs.sh\` writes it.

A repository can say what VM it wants: in a TOML file called \`${PROJECT_FILE}\` at its top. \`banger vm run PATH\` and
\`banger vm create PATH\` use it, and so does \`vm.create.begin\` for any other client; the first step of the creation tells
so, and \`banger vm show\` tells it later. \`--no-project\` leaves it out of account (\`"projectFile":false\` of the
\`workspace\` over RPC).

What the command line says comes before what the file says. Variables and labels of both are joined; a port that the
command line publishes takes the place of the file's ports for the same port of the VM, or of the host.

\`\`\`toml
cpus = 2
memory = "2g"
ports = ["8080:80"]
setup = "npm ci"

[env]
NODE_ENV = "test"

[[files]]
from = "config/npmrc"
to = "/root/.npmrc"
mode = "0600"
\`\`\`

## What it can and cannot do

Whoever wrote the repository wrote this file, so it is not trusted:

- It runs nothing on the host. \`setup\` runs in the VM.
- It reads nothing of the host: \`files\` are copied in the VM, from the repository as it was imported there. A path that
  is absolute or has \`..\` in it is refused, and so is a link that leads out of the repository, even within the VM.
- It takes no variable of the host, and opens no port but on the loopback, from 1024 on.
- It is read once, has at most 64 KiB, and must be a file of the repository's owner, not a link.
- Any error in it, an unknown key among them, ends the creation before anything is made, with every line that is wrong.

## Keys
`;

/** docs/project-file.md */
export function renderProjectDocs(): string {
  return `${INTRODUCTION}\n${Object.values(PROJECT_KEYS)
    .map((spec) => renderKey(spec, []))
    .join('\n')}`;
}
