/** Terminal escapes from a hostile guest must not reach the user's terminal. Newlines and tabs stay. */
export function printable(text: string): string {
  return (
    text
      .replaceAll('\r', '')
      // eslint-disable-next-line no-control-regex
      .replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
      // eslint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
  );
}
