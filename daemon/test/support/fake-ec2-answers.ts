/** The instance that the fake EC2 knows. */
export type FakeInstance = {
  instanceId: string;
  instanceType: string;
  state: 'running' | 'stopping' | 'stopped' | 'terminated';
  /** The kind of spot request behind it; null for an on-demand instance. */
  spot: 'one-time' | 'persistent' | null;
  rootDeviceType: 'ebs' | 'instance-store';
  stopProtection: boolean;
  /** Whether its type has instance-store disks. */
  instanceStorage: boolean;
  tags: Record<string, string>;
};

export type Ec2HttpAnswer = { status: number; body: string };
type Request = { params: Record<string, string>; instance: FakeInstance };
type ErrorFields = { status: number; code: string; message: string };

const STATE_CODES = { running: 16, stopping: 64, stopped: 80, terminated: 48 } as const;
const SPOT_REQUEST = 'sir-0abc1234';

export function newInstance(given: Partial<FakeInstance>): FakeInstance {
  return {
    instanceId: 'i-0123456789abcdef0',
    instanceType: 't3.micro',
    state: 'running',
    spot: null,
    rootDeviceType: 'ebs',
    stopProtection: false,
    instanceStorage: false,
    tags: {},
    ...given,
  };
}

/** What EC2 answers to an action; the instance changes where the action changes it. */
export function answerXml(action: string, request: Request): Ec2HttpAnswer {
  const answer = ANSWERS[action];
  if (request.params['Version'] !== '2016-11-15' || answer === undefined) {
    return ec2Error({ status: 400, code: 'InvalidAction', message: `The action ${action} is not valid` });
  }
  const found = answer(request);
  if (typeof found !== 'string') return ec2Error(found);
  const requestId = '<requestId>3be1508e-c444-4fef-89cc-0b1223c4f02f</requestId>';
  const namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/';
  return {
    status: 200,
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="${namespace}">${requestId}${found}</${action}Response>`,
  };
}

export function ec2Error({ status, code, message }: ErrorFields): Ec2HttpAnswer {
  const error = `<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`;
  return {
    status,
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors>${error}</Errors><RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>`,
  };
}

const ANSWERS: Record<string, (request: Request) => string | ErrorFields> = {
  StopInstances({ params, instance }) {
    const wrong = wrongInstance(params['InstanceId.1'], instance);
    if (wrong) return wrong;
    // A dry run looks at permissions alone.
    if (params['DryRun'] === 'true') {
      return { status: 412, code: 'DryRunOperation', message: 'Request would have succeeded, but DryRun flag is set.' };
    }
    const refused = refusedStop(instance);
    if (refused) return refused;
    const before = instance.state;
    instance.state = 'stopping';
    return list('instancesSet', [
      `${tag('instanceId', instance.instanceId)}<currentState>${stateXml('stopping')}</currentState><previousState>${stateXml(before)}</previousState>`,
    ]);
  },
  CreateTags({ params, instance }) {
    const wrong = wrongInstance(params['ResourceId.1'], instance);
    if (wrong) return wrong;
    for (let index = 1; params[`Tag.${index}.Key`] !== undefined; index += 1) {
      const key = params[`Tag.${index}.Key`] ?? '';
      const value = params[`Tag.${index}.Value`] ?? '';
      if ([...key].length > 127 || [...value].length > 256) {
        const message = 'Tag value exceeds the maximum length of 256 characters';
        return { status: 400, code: 'InvalidParameterValue', message };
      }
      instance.tags[key] = value;
    }
    return tag('return', 'true');
  },
  DescribeInstances({ params, instance }) {
    const wrong = wrongInstance(params['InstanceId.1'], instance);
    if (wrong) return wrong;
    const fields = [
      tag('instanceId', instance.instanceId),
      tag('imageId', 'ami-0123456789abcdef0'),
      `<instanceState>${stateXml(instance.state)}</instanceState>`,
      tag('instanceType', instance.instanceType),
      tag('launchTime', '2026-01-01T00:00:00.000Z'),
      tag('rootDeviceType', instance.rootDeviceType),
      tag('rootDeviceName', '/dev/xvda'),
      instance.rootDeviceType === 'ebs' ? list('blockDeviceMapping', [EBS_DISK]) : '<blockDeviceMapping/>',
      instance.spot ? tag('instanceLifecycle', 'spot') + tag('spotInstanceRequestId', SPOT_REQUEST) : '',
      list(
        'tagSet',
        Object.entries(instance.tags).map(([key, value]) => tag('key', key) + tag('value', value)),
      ),
    ];
    const reservation = tag('reservationId', 'r-0123456789abcdef0') + tag('ownerId', '123456789012');
    return list('reservationSet', [`${reservation}<groupSet/>${list('instancesSet', [fields.join('')])}`]);
  },
  DescribeInstanceAttribute({ params, instance }) {
    const wrong = wrongInstance(params['InstanceId'], instance);
    if (wrong) return wrong;
    const value = tag('value', String(instance.stopProtection));
    return `${tag('instanceId', instance.instanceId)}<disableApiStop>${value}</disableApiStop>`;
  },
  DescribeInstanceTypes({ params, instance }) {
    const type = params['InstanceType.1'] ?? '';
    if (type !== instance.instanceType) {
      const message = `The following supplied instance types do not exist: [${type}]`;
      return { status: 400, code: 'InvalidInstanceType', message };
    }
    const supported = tag('instanceStorageSupported', String(instance.instanceStorage));
    return list('instanceTypeSet', [tag('instanceType', type) + supported]);
  },
  DescribeSpotInstanceRequests({ params, instance }) {
    const asked = [params['SpotInstanceRequestId.1'], params['Filter.1.Value.1']].filter((id) => id !== undefined);
    if (instance.spot === null || !asked.every((id) => [SPOT_REQUEST, instance.instanceId].includes(id))) {
      return '<spotInstanceRequestSet/>';
    }
    return list('spotInstanceRequestSet', [
      tag('spotInstanceRequestId', SPOT_REQUEST) +
        tag('type', instance.spot) +
        tag('state', 'active') +
        tag('instanceId', instance.instanceId),
    ]);
  },
};

const EBS_DISK =
  '<deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-0123456789abcdef0</volumeId><status>attached</status><deleteOnTermination>true</deleteOnTermination></ebs>';

function wrongInstance(id: string | undefined, { instanceId }: FakeInstance): ErrorFields | undefined {
  if (id === instanceId) return undefined;
  return { status: 400, code: 'InvalidInstanceID.NotFound', message: `The instance ID '${id}' does not exist` };
}

function refusedStop({
  instanceId,
  spot,
  rootDeviceType,
  stopProtection,
  state,
}: FakeInstance): ErrorFields | undefined {
  if (stopProtection) {
    const message = `The instance '${instanceId}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`;
    return { status: 400, code: 'OperationNotPermitted', message };
  }
  if (spot === 'one-time') {
    const message = `You can't stop the Spot Instance '${instanceId}' because it is associated with a one-time Spot Instance request. You can only stop Spot Instances associated with persistent Spot Instance requests.`;
    return { status: 400, code: 'UnsupportedOperation', message };
  }
  if (rootDeviceType === 'instance-store') {
    const message = `The instance '${instanceId}' does not have an 'ebs' root device type and cannot be stopped`;
    return { status: 400, code: 'UnsupportedOperation', message };
  }
  if (state === 'terminated') {
    const message = `This instance '${instanceId}' is not in a state from which it can be stopped.`;
    return { status: 400, code: 'IncorrectInstanceState', message };
  }
  return undefined;
}

function stateXml(state: FakeInstance['state']): string {
  return tag('code', String(STATE_CODES[state])) + tag('name', state);
}

function list(name: string, items: string[]): string {
  return `<${name}>${items.map((item) => `<item>${item}</item>`).join('')}</${name}>`;
}

function tag(name: string, text: string): string {
  return `<${name}>${escapeXml(text)}</${name}>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
