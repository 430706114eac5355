/** What the firmware and the hypervisor say of the machine; undefined where there is no such file or it is not ours to read. */
export type HardwareStrings = {
  vendor: string | undefined;
  productUuid: string | undefined;
  hypervisorUuid: string | undefined;
};

const FILES = {
  vendor: '/sys/class/dmi/id/sys_vendor',
  productUuid: '/sys/class/dmi/id/product_uuid',
  hypervisorUuid: '/sys/hypervisor/uuid',
} as const;

/** Reads them with `read`, which gives undefined where there is nothing to read. */
export function readHardware(read: (path: string) => string | undefined): HardwareStrings {
  return {
    vendor: read(FILES.vendor),
    productUuid: read(FILES.productUuid),
    hypervisorUuid: read(FILES.hypervisorUuid),
  };
}

/**
 * Whether this is an EC2 instance, without asking the network (EC2 user guide, "Detect whether a host is an EC2
 * instance"). A vendor that is not Amazon's settles it; Xen may be anybody's. Pure.
 */
export function hardwareSays({ vendor, productUuid, hypervisorUuid }: HardwareStrings): 'ec2' | 'other' | 'unknown' {
  const maker = vendor?.trim() ?? '';
  if (/^amazon/i.test(maker)) return 'ec2';
  if ([productUuid, hypervisorUuid].some((uuid) => /^ec2/i.test(uuid?.trim() ?? ''))) return 'ec2';
  return maker === '' || /^xen/i.test(maker) ? 'unknown' : 'other';
}
