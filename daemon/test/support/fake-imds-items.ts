/** The host that the service tells of. */
export type FakeImdsOptions = {
  port?: number;
  instanceId?: string;
  instanceType?: string;
  region?: string;
  lifecycle?: 'on-demand' | 'spot';
};

/** Path below `/latest/` → text, as on a host outside any group and without notices. */
export function itemsOf(options: FakeImdsOptions): Map<string, string> {
  const {
    instanceId = 'i-0123456789abcdef0',
    instanceType = 't3.micro',
    region = 'eu-west-1',
    lifecycle = 'on-demand',
  } = options;
  const availabilityZone = `${region}a`;
  const document = {
    accountId: '123456789012',
    architecture: 'x86_64',
    availabilityZone,
    billingProducts: null,
    imageId: 'ami-0123456789abcdef0',
    instanceId,
    instanceType,
    pendingTime: '2026-01-01T00:00:00Z',
    privateIp: '10.0.0.10',
    region,
    version: '2017-09-30',
  };
  return new Map([
    ['meta-data/instance-id', instanceId],
    ['meta-data/instance-type', instanceType],
    ['meta-data/instance-life-cycle', lifecycle],
    ['meta-data/placement/region', region],
    ['meta-data/placement/availability-zone', availabilityZone],
    ['meta-data/block-device-mapping/ami', '/dev/xvda'],
    ['meta-data/block-device-mapping/root', '/dev/xvda'],
    ['meta-data/events/maintenance/scheduled', '[]'],
    ['dynamic/instance-identity/document', JSON.stringify(document, null, 2)],
  ]);
}

/** What stands below a folder, one name a line, as the service lists it. */
export function listing(items: Map<string, string>, path: string): string | undefined {
  const folder = `${path.replace(/^\/latest\//, '').replace(/\/$/, '')}/`;
  const below = [...items.keys()].filter((key) => key.startsWith(folder)).map((key) => key.slice(folder.length));
  const names = new Set(below.map((rest) => (rest.includes('/') ? `${rest.split('/')[0]}/` : rest)));
  return names.size === 0 ? undefined : [...names].join('\n');
}

/** The XHTML page with which the service says that something is wrong. */
export function page(title: string): string {
  return [
    '<?xml version="1.0" encoding="iso-8859-1"?>',
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">',
    '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">',
    ` <head><title>${title}</title></head>`,
    ` <body><h1>${title}</h1></body>`,
    '</html>',
  ].join('\n');
}
