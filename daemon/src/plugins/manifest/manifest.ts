/** A plugin's manifest, `plugin.json`, after checking; field by field as in PROTOCOL.md. */
export type Manifest = {
  name: string;
  display_name?: string;
  version: string;
  author?: string;
  description?: string;
  category?: string;
  tags?: string[];
  repository?: string;
  homepage?: string;
  license?: string;
  min_host_version?: string;
  type: 'native' | 'external';
  language?: string;
  process_model?: 'persistent' | 'oneshot' | 'exec';
  /** External plugins: the program; a path with a slash is taken from the plugin's folder. */
  exec?: { command: string; args?: string[] };
  /** Native plugins: the ES module, from the plugin's folder. */
  module?: string;
  /** Native plugins: in a thread of its own; else in the daemon's own. */
  isolation?: 'worker';
  /** A program run once in the plugin's folder at install, where the plugin must be compiled. */
  build?: { command: string; args?: string[] };
  framing?: 'lines' | 'headers';
  /** More than one request in flight at a time. */
  concurrent?: boolean;
  capabilities?: string[];
  events?: Record<string, { priority?: number; mode?: 'handle' | 'observe' }>;
  config_schema?: Record<string, unknown>;
  dependencies?: { name: string; version: string }[];
  permissions?: { network?: string[]; read?: string[]; write?: string[]; env?: string[]; host?: string[] };
  resources?: { memory_mb?: number; cpu_percent?: number; processes?: number };
  timeouts?: { check_seconds?: number; event_seconds?: number; start_seconds?: number };
  health_interval_seconds?: number;
};
