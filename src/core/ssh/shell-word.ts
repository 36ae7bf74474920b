/** One word of a POSIX shell line, whatever characters are in it. */
export function quoteShellWord(text: string): string {
  return /^[A-Za-z0-9_/.:@%+,-][A-Za-z0-9_/.:=@%+,-]*$/.test(text)
    ? text
    : `'${text.replaceAll("'", `'\\''`)}'`;
}
