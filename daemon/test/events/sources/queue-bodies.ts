const now = () => new Date();

function event(type: string, detail: object, time = now()) {
  return { version: '0', id: 'e', 'detail-type': type, source: 'aws.ec2', time: time.toISOString(), detail };
}

/** Events of EventBridge as they lie in a queue (EC2, Health and Auto Scaling user guides). */
export const spot = (instanceId = 'i-0abc', time = now()) =>
  event('EC2 Spot Instance Interruption Warning', { 'instance-id': instanceId, 'instance-action': 'terminate' }, time);

export const rebalance = () => event('EC2 Instance Rebalance Recommendation', { 'instance-id': 'i-0abc' });

export const state = (to: string) =>
  event('EC2 Instance State-change Notification', { 'instance-id': 'i-0abc', state: to });

export const health = (change: object = {}) =>
  event('AWS Health Event', {
    eventArn: 'arn:aws:health:eu-west-1::event/EC2/X/1',
    service: 'EC2',
    eventTypeCode: 'AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED',
    eventTypeCategory: 'scheduledChange',
    startTime: 'Sat, 05 Dec 2037 15:10:09 GMT',
    eventDescription: [{ language: 'en_US', latestDescription: 'it is retired' }],
    affectedEntities: [{ entityValue: 'i-0abc' }],
    ...change,
  });

export const hook = (change: object = {}) =>
  event('EC2 Instance-terminate Lifecycle Action', {
    LifecycleActionToken: 'token-1',
    AutoScalingGroupName: 'group',
    LifecycleHookName: 'save',
    EC2InstanceId: 'i-0abc',
    LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    ...change,
  });
