export type { Entry, FileInfo, Host } from './host.ts';
export {
  busy,
  type Call,
  type CommandResult,
  type Diagnosis,
  definePlugin,
  type Finding,
  type Handled,
  type Health,
  idle,
  idleIf,
  type Log,
  type LogLevel,
  type Plugin,
  type SnoozeAnswer,
  type Verdict,
} from './plugin.ts';
export { AnswerError, type CheckContext, type Metrics, type SnoozeEvent } from './protocol.ts';
export { serve } from './serve.ts';
export type { ConfigOf, Setting, Settings } from './settings.ts';
