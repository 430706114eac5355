import type { Host, Log } from '../../plugin-sdk/typescript/src/index.ts';
import { QUIET_METRICS } from './host.ts';

/** What the daemon gives to a part of a native plugin: a quiet host, and services that fail the test when used. */
export function nativeCall<Config>(config: Config, signal: AbortSignal = new AbortController().signal) {
  const context = { check_interval_seconds: 60, naptime_seconds: 1800, state: 'active' };
  const log: Log = { debug() {}, info() {}, warn() {}, error() {} };
  return { metrics: QUIET_METRICS, context, config, signal, log, host: {} as Host };
}
