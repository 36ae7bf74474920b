import { RECIPE_KEYS } from '../../../src/image/recipe/recipe-keys.js';
import { renderKey } from './render-keys.js';

const INTRODUCTION = `# Recipes

This page is made from the table of keys; \`sh scripts/generate-docs.sh\` writes it.

A recipe is a TOML file that says what an image is made of:

\`\`\`toml
disk = "16g"
packages = ["nodejs", "npm", "postgresql"]
user = "dev"
commands = [
  "npm install --global pnpm",
  { run = "git clone https://example.org/dotfiles .dotfiles", user = "dev" },
]
services = ["postgresql"]

[env]
NODE_ENV = "development"

[[files]]
from = "npmrc"
to = "/home/dev/.npmrc"
owner = "dev"
\`\`\`

\`\`\`sh
banger image build ./web.toml                  # the image "web"
banger image build staging --recipe ./web.toml # another name
banger image build docker                      # a ready recipe
banger image build mine --recipe docker        # a ready recipe under another name
\`\`\`

## Ready recipes

In the directory \`recipes\` of banger, each a few lines to copy from:

| Name     | What is in it                                                                 |
| -------- | ----------------------------------------------------------------------------- |
| \`debian\` | the default image: the host's own release and what a guest needs              |
| \`agent\`  | git, curl, ripgrep, jq, compilers, Python, Node.js: what coding agents want     |
| \`docker\` | a Docker engine that starts with the VM, a disk of 16 GiB; give the VM 2 GiB  |
| \`node\`   | Node.js and npm                                                               |
| \`python\` | Python 3 with pip, virtual environments and compilers                         |

## Steps

Packages, user, files, commands, services are taken in this order, whatever their order in the file. What each of them
changed is kept in \`cache/steps\` of the state directory, up to 8 GiB, those of no use for longest going first. The next
build, of any image, begins after the last step that is the same, with the same before it: the same text, the same
content of the files, the same packages of the base. It does not look at what a command downloads, nor at newer packages
for an \`image\`: \`--no-cache\` takes all steps again, \`--force\` gets the base's packages again as well.

A step that fails ends the build, with the end of what it wrote. Until the new image is whole, the one that has the name
stays as it is; so it does on Ctrl-C. The steps before are kept either way.

## What it can and cannot do

- Whoever calls \`banger image build\` reads the recipe and its files; the daemon reads no file that a recipe names.
- What it runs, it runs in the image's tree: as root of a user namespace in which the tree is all there is, as nobody
  to the host. Nothing is mounted from it, and nothing that is left running stays.
- Commands use the host's network, with what listens on the host's loopback.
- Nobody in there can gain privileges (\`sudo\` does not work while the image is built), make device nodes, or mount a
  disk. There is no init system: services are enabled, not started.
- Any error in it, an unknown key among them, ends the build before anything is made, with every line that is wrong.

## Keys
`;

/** docs/recipes.md */
export function renderRecipeDocs(): string {
  return `${INTRODUCTION}\n${Object.values(RECIPE_KEYS)
    .map((spec) => renderKey(spec, []))
    .join('\n')}`;
}
