import { isPlainObject } from '../../config/difference.ts';
import { show } from '../../config/validator.ts';
import { SnoozeError } from '../../errors.ts';

/** What a plugin may say to `CheckIdle`. */
export type IdleAnswer = { isIdle: boolean; reason: string };

/**
 * @throws SnoozeError SNOOZE_E_PLUGIN_ANSWER where it is anything but `{is_idle, reason}`.
 */
export function idleAnswer(instance: string, answer: unknown): IdleAnswer {
  const { is_idle: isIdle, reason } = isPlainObject(answer) ? answer : {};
  if (typeof isIdle !== 'boolean')
    throw nonsense(instance, 'CheckIdle', answer, '{"is_idle": true or false, "reason": "…"}');
  const text = typeof reason === 'string' && reason.trim() !== '' ? reason.trim() : `${instance} gives no reason`;
  return { isIdle, reason: text.slice(0, 500) };
}

/**
 * @throws SnoozeError SNOOZE_E_PLUGIN_ANSWER where it is anything but `{handled, result?}`.
 */
export function eventAnswer(instance: string, answer: unknown): { handled: boolean; result: unknown } {
  const { handled, result } = isPlainObject(answer) ? answer : {};
  if (typeof handled !== 'boolean') throw nonsense(instance, 'HandleEvent', answer, '{"handled": true or false}');
  return { handled, result: result ?? null };
}

/** A veto, or null where the snooze is allowed; anything unclear is no veto. */
export function vetoAnswer(answer: unknown): { reason: string; delaySeconds: number | null } | null {
  if (!isPlainObject(answer) || answer['allow'] !== false) return null;
  const { reason, delay_seconds: delay } = answer;
  return {
    reason: typeof reason === 'string' && reason !== '' ? reason : 'it gives no reason',
    delaySeconds: typeof delay === 'number' && delay > 0 ? delay : null,
  };
}

/** A plugin's health; anything unclear is healthy. */
export function healthAnswer(answer: unknown): { status: 'ok' | 'degraded' | 'failed'; message: string } {
  const { status, message } = isPlainObject(answer) ? answer : {};
  return {
    status: status === 'degraded' || status === 'failed' ? status : 'ok',
    message: typeof message === 'string' && message !== '' ? message.slice(0, 500) : 'it gives no reason',
  };
}

/** What a plugin has found out about what it watches (PROTOCOL.md, `Diagnose`). */
export type Diagnosis = { status: string; findings: Finding[]; metrics: Record<string, unknown> };
export type Finding = {
  id: string;
  category: string;
  severity: string;
  title: string;
  detail: string | null;
  suggestion: string | null;
};

/**
 * @throws SnoozeError SNOOZE_E_PLUGIN_ANSWER where it is anything but `{status, findings}`.
 */
export function diagnosisAnswer(instance: string, answer: unknown): Diagnosis {
  const { status, findings, metrics } = isPlainObject(answer) ? answer : {};
  if (typeof status !== 'string' || !Array.isArray(findings))
    throw nonsense(instance, 'Diagnose', answer, '{"status": "…", "findings": […]}');
  const text = (value: unknown) => (value === undefined || value === null || value === '' ? null : String(value));
  return {
    status,
    findings: findings.filter(isPlainObject).map(({ id, category, severity, title, detail, suggestion }) => ({
      id: text(id) ?? '',
      category: text(category) ?? '',
      severity: text(severity) ?? '',
      title: text(title) ?? '',
      detail: text(detail),
      suggestion: text(suggestion),
    })),
    metrics: isPlainObject(metrics) ? metrics : {},
  };
}

/** What became of a plugin's own command; not 0 where it failed. */
export type CommandResult = { exit_code: number; output: string };

/**
 * @throws SnoozeError SNOOZE_E_PLUGIN_ANSWER where it is anything but `{exit_code, output}`.
 */
export function commandAnswer(instance: string, answer: unknown): CommandResult {
  const { exit_code: exitCode, output } = isPlainObject(answer) ? answer : {};
  if (!Number.isInteger(exitCode) || typeof output !== 'string')
    throw nonsense(instance, 'RunCommand', answer, '{"exit_code": 0, "output": "…"}');
  return { exit_code: Number(exitCode), output };
}

/** The types in the answer to `Initialize` or `GetSupportedEvents`. */
export function eventTypes(answer: unknown): string[] {
  const { supported_events: supported, events } = isPlainObject(answer) ? answer : {};
  const list = supported ?? events;
  return Array.isArray(list) ? list.filter((type) => typeof type === 'string') : [];
}

function nonsense(instance: string, method: string, answer: unknown, expected: string): SnoozeError {
  return new SnoozeError(
    'SNOOZE_E_PLUGIN_ANSWER',
    `${instance} answered ${method} with ${show(answer)}, expected ${expected}`,
  );
}
