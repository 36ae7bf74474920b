/** `characters` of what an image's programs said that are kept, from the end */
const MAX_OUTPUT = 4096;

// Terminal sequences first, whole: without its ESC the rest of one would stay as text.
// eslint-disable-next-line no-control-regex
const SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b\n]{0,4096}(?:\u0007|\u001b\\)?|.)/g;

/** What hostile programs printed, fit to be shown: its end, without what would do something to a terminal. */
export function printableOutput(output: string, max = MAX_OUTPUT): string {
  return output
    .slice(-4 * max)
    .replaceAll('\r\n', '\n')
    .replaceAll(SEQUENCES, '')
    .replaceAll(/[^\P{C}\n\t]/gu, '')
    .slice(-max)
    .trim();
}
