import type { SessionView } from '../../contract/session.dto.js';
import { renderFacts, renderTable } from '../render/table.js';
import type { Presenter } from '../render/presenter.js';
import { escapeControls, formatAge, formatBytes, formatSpan } from '../render/text.js';

const MAX_COMMAND = 200;

/** How a session is called where one is to be named: its name with that of its VM, or its id. */
export function refOf({ id, name, vm }: SessionView): string {
  return name === undefined ? id : `${vm}/${name}`;
}

/** `running`, `exited 3`, `exited TERM`, `failed` */
export function outcomeOf({ state, exitCode, signal, timedOut }: SessionView): string {
  if (state !== 'exited') return state;
  const how = signal ?? String(exitCode ?? '?');
  return `exited ${how}${timedOut === true ? ' (time limit)' : ''}`;
}

/** One line; arguments that a shell would read otherwise are quoted. */
export function commandOf({ command, terminal }: SessionView): string {
  if (command.length === 0) return terminal ? '(shell)' : '(login shell)';
  const words = command.map((word) =>
    /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`,
  );
  return words.join(' ').slice(0, MAX_COMMAND);
}

export function renderSessions(sessions: readonly SessionView[], presenter: Presenter): string {
  const columns = [
    { title: 'ID' },
    { title: 'NAME', shrinkTo: 8 },
    { title: 'VM', shrinkTo: 8 },
    { title: 'STATE' },
    { title: 'AGE', align: 'right' as const },
    { title: 'OUT', align: 'right' as const },
    { title: 'COMMAND', shrinkTo: 12 },
  ];
  const rows = sessions.map((session) =>
    [
      session.id,
      session.name ?? '-',
      session.vm,
      outcomeOf(session),
      formatAge(Date.now() - Date.parse(session.createdAt)),
      formatBytes(session.stdoutBytes + session.stderrBytes),
      commandOf(session),
    ].map(escapeControls),
  );
  return renderTable(columns, rows, presenter.tableWidth, { header: presenter.outStyle.bold });
}

export function renderSession(session: SessionView): string {
  const { endedAt, createdAt, timeoutSeconds, onExit, droppedBytes, stdoutBytes, stderrBytes } = session;
  const lasted = (endedAt === undefined ? Date.now() : Date.parse(endedAt)) - Date.parse(createdAt);
  const facts: [string, string | undefined][] = [
    ['id', session.id],
    ['name', session.name],
    ['vm', session.vm],
    ['state', outcomeOf(session)],
    ['why', session.reason],
    ['command', commandOf(session)],
    ['directory', session.cwd],
    ['terminal', session.terminal ? `yes, ${session.attached} attached` : 'no'],
    ['input', session.stdin ? 'yes' : 'no'],
    ['time limit', timeoutSeconds === undefined ? undefined : formatSpan(timeoutSeconds)],
    ['at its end', onExit === undefined ? undefined : onExit.replace('-', ' the ')],
    ['stdout', formatBytes(stdoutBytes)],
    ['stderr', session.terminal ? undefined : formatBytes(stderrBytes)],
    ['not kept', droppedBytes === 0 ? undefined : `the first ${formatBytes(droppedBytes)}`],
    ['started', createdAt],
    ['ended', endedAt],
    ['took', formatAge(Math.max(0, lasted))],
  ];
  return renderFacts(
    facts.map(([name, value]) => [name, value === undefined ? undefined : escapeControls(value)]),
  );
}
