import pc from 'picocolors';

/** Colours for one stream; every function is the identity where colours are off. */
export type Style = ReturnType<typeof pc.createColors>;

interface StyleFacts {
  readonly isTty: boolean;
  readonly noColor: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** NO_COLOR (no-color.org) and --no-color win over FORCE_COLOR; without either, a terminal that is not dumb. */
export function styleFor({ isTty, noColor, env }: StyleFacts): Style {
  if (noColor || (env['NO_COLOR'] ?? '') !== '') return pc.createColors(false);
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  return pc.createColors(forced || (isTty && env['TERM'] !== 'dumb'));
}
