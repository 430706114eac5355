type Told = { type: string; data: Readonly<Record<string, unknown>> };

/** What kind of event it is, in words: a rehearsal is told as one wherever it is told. */
export function kindOf({ type, data }: Told): string {
  return isRehearsal({ data }) ? `${type} (rehearsal)` : type;
}

/** Whether it is played by `snooze events rehearse`: nothing happens to the host. */
export function isRehearsal({ data }: Pick<Told, 'data'>): boolean {
  return data['rehearsal'] === true;
}

/** Whether events of this type are one's own, not the cloud's or the host's. */
export function isOwn(type: string): boolean {
  return type === 'custom' || type.startsWith('custom.');
}
