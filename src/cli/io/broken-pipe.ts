/** what a shell shows for a process that its reader left alone (128 + SIGPIPE) */
export const BROKEN_PIPE_EXIT_CODE = 141;
