/** Where Debian keeps mke2fs and its like; a plain user's PATH lacks them. */
const SYSTEM_DIRECTORIES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The environment that programs get unless their caller gives another: nothing that leaks or that changes their output. */
export function childEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const own = (env['PATH'] ?? '').split(':').filter((directory) => directory.startsWith('/'));
  const path = [...new Set([...own, ...SYSTEM_DIRECTORIES])].join(':');
  return { PATH: path, HOME: env['HOME'] ?? '/', LANG: 'C.UTF-8' };
}
