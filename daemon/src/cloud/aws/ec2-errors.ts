import { SnoozeError } from '../../errors.ts';

/** How EC2 refused or failed a call; `code` is its error code, or the SDK's or the system's where it never got there. */
export type Ec2Failure = { ok: false; code: string; message: string };

const DENIED = ['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException', 'Client.UnauthorizedOperation'];
const NO_CREDENTIALS = ['CredentialsProviderError', 'MissingAuthenticationToken'];
const BAD_CREDENTIALS = ['AuthFailure', 'InvalidClientTokenId', 'ExpiredToken', 'RequestExpired', 'OptInRequired'];
const POLICY = 'packaging/iam/policy.json says what it needs';

/** Whether an error code says that the caller may not. */
export function isDenied(code: string): boolean {
  return DENIED.includes(code);
}

/** Whether an error code is about the caller: no permission, no credentials, or none that AWS accepts. */
export function isRefusedToCaller(code: string): boolean {
  return [...DENIED, ...NO_CREDENTIALS, ...BAD_CREDENTIALS].includes(code);
}

/** The failure as a person needs it. `permission` is what the call needs, such as `ec2:StopInstances`. */
export function ec2Error({ code, message }: Omit<Ec2Failure, 'ok'>, permission: string): SnoozeError {
  const said = withoutBlob(message);
  if (isDenied(code)) {
    return new SnoozeError('SNOOZE_E_CLOUD_DENIED', `${serviceOf(permission)} denies ${permission}: ${said}`, {
      hint: `give the instance's role the permission ${permission} (${POLICY})`,
    });
  }
  if (NO_CREDENTIALS.includes(code)) {
    return new SnoozeError('SNOOZE_E_CLOUD_DENIED', `there are no AWS credentials for ${permission}`, {
      hint: `attach an instance profile to this instance (${POLICY})`,
    });
  }
  if (BAD_CREDENTIALS.includes(code)) {
    return new SnoozeError('SNOOZE_E_CLOUD_DENIED', `AWS does not accept the credentials (${code}): ${said}`, {
      hint: "look at the instance profile, at AWS_* in the daemon's environment, and at the host's clock",
    });
  }
  return new SnoozeError(
    'SNOOZE_E_CLOUD_FAILED',
    `${serviceOf(permission)} failed with ${code} at ${permission}: ${said}`,
  );
}

function serviceOf(permission: string): string {
  if (permission.startsWith('sqs:')) return 'SQS';
  return permission.startsWith('autoscaling:') ? 'Auto Scaling' : 'EC2';
}

/** EC2 ends a denial with half a KiB of encoded text, and the SDK a parse error with advice to programmers. */
function withoutBlob(message: string): string {
  return (
    message.replace(/\s*(Encoded authorization failure message|Deserialization error):.*$/s, '').trim() ||
    'it gave no reason'
  );
}
