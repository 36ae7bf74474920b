import { randomBytes, randomInt } from 'node:crypto';

/** What a guest's machine-id(5) holds: 32 hexadecimal digits of a random UUID. */
export function randomMachineId(): string {
  return randomBytes(16).toString('hex');
}

/** Locally administered unicast address in QEMU's range. */
export function randomMac(): string {
  return `52:54:00:${[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`;
}

const ADJECTIVES =
  'amber bold brave bright calm clever cosy crisp eager fair fast fond gentle glad grand keen kind lively lucky merry mild neat noble plucky prime proud quick quiet rapid ready sharp shiny smart snug solid spry steady sunny swift tidy vivid warm wise witty'.split(
    ' ',
  );
const NOUNS =
  'badger beetle bison crane daisy dingo eagle falcon fern finch fox gecko heron ibex iris jay koala lark lemur lily lion lynx maple marten mole moose newt oak orca otter owl panda pine puffin raven robin rose seal swan tern tiger toad vole wren yak zebra'.split(
    ' ',
  );

/** A name for a VM whose creator gave none: `swift-otter`, with a number once those run short. */
function randomVmName(attempt: number): string {
  const name = `${pick(ADJECTIVES)}-${pick(NOUNS)}`;
  return attempt < 5 ? name : `${name}-${randomInt(1000, 10_000)}`;
}

/** @param isFree whether no VM has the name */
export async function freeVmName(isFree: (name: string) => Promise<boolean>): Promise<string> {
  for (let attempt = 0; ; attempt += 1) {
    const name = randomVmName(attempt);
    if (await isFree(name)) return name;
  }
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? 'plain';
}
