/** The event types of PROTOCOL.md, beside `custom` and `custom.<name>`; the catalog says the rest of them. */
export const EVENT_TYPES = [
  'cloud.spot.interrupt',
  'cloud.instance.termination',
  'cloud.instance.rebalance',
  'cloud.instance.maintenance',
  'cloud.autoscaling.scale',
  'system.disk.low',
  'system.cpu.high',
  'system.memory.pressure',
  'system.network.down',
] as const;

/** One of them, or of one's own: a slip in a type must not leave its settings without effect. */
export const EVENT_TYPE_PATTERN = `^(${EVENT_TYPES.join('|').replaceAll('.', '\\.')}|custom(\\.[a-z0-9_.-]+)?)$`;
