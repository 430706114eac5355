/** Who made this machine, by its own strings; empty where there are none, as in some containers. */
export function readVendor(readFile: (path: string) => string | undefined): string {
  return readFile('/sys/class/dmi/id/sys_vendor')?.trim() ?? '';
}

/** All clouds have their metadata service at one address: who forbids to ask it for EC2 wants no guess there. */
export function isGuessForbidden(environment: NodeJS.ProcessEnv): boolean {
  return environment['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true';
}
