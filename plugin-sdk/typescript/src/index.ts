export {
  busy,
  type Call,
  definePlugin,
  type Handled,
  idle,
  type Log,
  type LogLevel,
  type Plugin,
  type SnoozeAnswer,
  type Verdict,
} from './plugin.ts';
export type { CheckContext, Metrics, SnoozeEvent } from './protocol.ts';
export { serve } from './serve.ts';
