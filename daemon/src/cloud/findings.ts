import type { Config } from '../config/config.ts';
import type { SafetyFinding } from './provider.ts';

/** What a user allows although it may do harm. */
export type SafetySettings = { allowAutoScalingMember: boolean; allowInstanceStoreLoss: boolean };

/** The keys of the configuration that say so. */
export function safetySettings(config: Config): SafetySettings {
  return {
    allowAutoScalingMember: config.allow_auto_scaling_member,
    allowInstanceStoreLoss: config.allow_instance_store_loss,
  };
}

export function finding(id: SafetyFinding['id'], effect: SafetyFinding['effect'], message: string): SafetyFinding {
  return { id, effect, message };
}
