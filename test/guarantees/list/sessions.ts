import type { Guarantee } from '../guarantee.js';

/** What is promised of sessions in guests, and of what they write. */
export const SESSIONS: readonly Guarantee[] = [
  {
    guarantee: 'What a session writes is copied to the host exactly once, whatever is interrupted where',
    test: 'src/session/follow/session-ingest.spec.ts',
    name: 'is copied exactly once, whatever was interrupted where',
    mutations: [
      {
        file: 'src/session/follow/session-ingest.ts',
        find: 'this.#decode(bytes.subarray(known))',
        replace: 'this.#decode(bytes)',
      },
      {
        file: 'src/session/follow/session-ingest.ts',
        find: 'return this.log.end + this.#decoder.pendingBytes;',
        replace: 'return this.log.end;',
      },
    ],
  },
  {
    guarantee: 'What a guest wrote before it went back to a snapshot is not mixed with what it writes since',
    test: 'src/session/follow/session-ingest.spec.ts',
    name: 'is told from what another course of things has written',
    mutations: [
      {
        file: 'src/session/follow/session-ingest.ts',
        find: 'equals(theirs)) return false',
        replace: 'equals(theirs)) return true',
      },
    ],
  },
  {
    guarantee: "A record that is torn at the end of a session's log is cut off; all before it stays",
    test: 'test/integration/session/output-log.spec.ts',
    name: 'has a torn record at its end cut off, wherever it was torn',
    mutations: [
      {
        file: 'src/session/output/output-log.adapter.ts',
        find: 'if (end !== last.end) await truncate',
        replace: 'if (end > last.end) await truncate',
      },
    ],
  },
  {
    guarantee: "A guest cannot fill the host's disk with the output of a session, whatever it sends",
    test: 'test/integration/session/output-log-bounds.spec.ts',
    name: 'keeps to its bounds also when its guest',
    mutations: [
      {
        file: 'src/session/output/segment.ts',
        find: 'return Math.ceil(maxBytes / SEGMENTS) + SLACK_BYTES;',
        replace: 'return maxBytes * SEGMENTS + SLACK_BYTES;',
      },
      {
        file: 'src/session/output/segment.ts',
        find: 'export const MAX_SEGMENTS = 32;',
        replace: 'export const MAX_SEGMENTS = 320;',
      },
    ],
  },
  {
    guarantee:
      "A session's output takes no more of its VM's disk than it may; what is kept says how much is gone",
    test: 'test/integration/session/guest-output.spec.ts',
    name: 'that is too much loses its beginning, and says how much',
    mutations: [
      {
        file: 'src/session/guest/keeper-program.ts',
        find: '  while ($total > $given{limit} and drop_oldest()) { }\n',
        replace: '',
      },
    ],
  },
  {
    guarantee:
      'A command whose keeper in the guest is killed ends with it, and is not taken for one that ended well',
    test: 'test/integration/session/guest-programs.spec.ts',
    name: 'comes to a command whose keeper is killed, and is not told as one that was seen',
    mutations: [{ file: 'src/session/guest/keeper-program.ts', find: '  sys(157, 1, 9);', replace: '  ' }],
  },
  {
    guarantee: 'A reader of a session has all of its output once, however slow, over a change of daemons',
    test: 'test/integration/cli/sessions.spec.ts',
    name: 'is shown once over a change of daemons, also to a slow reader',
    mutations: [
      {
        file: 'src/cli/session/session-channel.ts',
        find: 'await Promise.race([copied, abortOf(signal)]);',
        replace: 'await Promise.race([undefined, copied, abortOf(signal)]);',
      },
    ],
  },
  {
    guarantee: 'Output that could not be written is never taken for written: the command says so and fails',
    test: 'test/integration/cli/sessions.spec.ts',
    name: 'is not taken for shown where it could not be written, and so is no other output',
    mutations: [
      {
        file: 'src/cli/run-cli.ts',
        find: 'outputError(terminal.stdoutError)',
        replace: 'outputError(undefined)',
      },
    ],
  },
];
