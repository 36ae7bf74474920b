import { expect, it } from 'vitest';
import type { Terminal } from '../io/terminal.js';
import type { Presenter } from '../render/presenter.js';
import { noteRemarks, noteSkipped } from './copy-job.js';
import type { CopyJob } from './copy-job.js';
import { CopyProgress } from './copy-progress.js';

// What a guest's tar said, or called its fifos, went to the terminal as it came.
it('lets no guest write sequences to the terminal', () => {
  const said: string[] = [];
  const presenter = { json: false, note: (text: string) => void said.push(text) } as unknown as Presenter;
  const terminal = { stderrIsTty: false } as unknown as Terminal;
  const progress = new CopyProgress('x', terminal, presenter, false);
  noteRemarks({ progress } as unknown as CopyJob, 'tar: \u001b]0;owned\u0007\r\nanother line\n');
  noteSkipped({ progress } as unknown as CopyJob, { skipped: 1, skippedNames: ['./t/\u001b[2J\n'] });
  expect(said).toEqual([
    'tar: \\x1b]0;owned\\x07\\x0d',
    'another line',
    'devices and fifos are not copied: ./t/\\x1b[2J\\n',
  ]);
});
