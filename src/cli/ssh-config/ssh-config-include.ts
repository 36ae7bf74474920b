import { sshWord } from '../../contract/ssh-settings.js';

const BEGIN = '# banger: `ssh NAME.vm` reaches the VMs of ';
const MADE = ' (this file was made by banger)';

/** The line that does it; a path with a pattern's characters is still one file. */
export function includeLine(file: string): string {
  return `Include ${sshWord(file.replaceAll(/[*?[]/g, '\\$&'))}`;
}

/** What `--install` puts before everything else, where it is in force for every host. */
function block(file: string, options: { madeFile: boolean }): string {
  const place = JSON.stringify(file);
  return `${BEGIN}${place}${options.madeFile ? MADE : ''}\n${includeLine(file)}\n`;
}

/** Whether ssh is told of the file already, by banger or by hand. */
export function includes(content: string, file: string): boolean {
  return content.split(/\r?\n/).some((line) => line.trim() === includeLine(file));
}

/** @param content of the user's file; undefined when there is none */
export function withInclude(content: string | undefined, file: string): string {
  return block(file, { madeFile: content === undefined }) + (content ?? '');
}

export type Removal = 'absent' | { readonly content: string } | 'file';

/** Exactly what `withInclude` has added; `file` when banger made it and nothing else is in it. */
export function withoutInclude(content: string, file: string): Removal {
  for (const madeFile of [false, true]) {
    const added = block(file, { madeFile });
    const at = content.indexOf(added);
    if (at === -1 || (at > 0 && content[at - 1] !== '\n')) continue;
    const rest = content.slice(0, at) + content.slice(at + added.length);
    return madeFile && rest === '' ? 'file' : { content: rest };
  }
  return 'absent';
}
