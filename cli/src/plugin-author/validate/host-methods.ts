/** Every method that a plugin may ask the daemon for, as plugin-sdk/protocol has them. */
export const HOST_METHODS: readonly string[] = [
  'Host.Log',
  'Host.ReportMetric',
  'Host.EmitEvent',
  'Host.Inhibit',
  'Host.Release',
  ...['Get', 'Set', 'Create', 'Update', 'Delete', 'Keys', 'Watch'].map((name) => `Host.KV.${name}`),
  ...['Put', 'Get', 'List', 'Stat', 'Delete'].map((name) => `Host.Files.${name}`),
];
