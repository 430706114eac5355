import { EVENT_TYPE_PATTERN, EVENT_TYPES } from './patterns.ts';
import type { Schema } from './validator.ts';

export const threshold = (defaultValue: number | null, description: string): Schema => ({
  type: ['number', 'null'],
  minimum: 0,
  default: defaultValue,
  description,
});
export const percent = (defaultValue: number, description: string): Schema => ({
  ...threshold(defaultValue, description),
  maximum: 100,
});
export const flag = (defaultValue: boolean, description: string): Schema => ({
  type: 'boolean',
  default: defaultValue,
  description,
});
export const section = (properties: Schema, description: string): Schema => ({
  type: 'object',
  additionalProperties: false,
  default: {},
  properties,
  description,
});
export const enabled = (what: string): Schema => ({ type: 'boolean', description: `whether ${what} is used` });
export const eventTypes: Schema = {
  pattern: EVENT_TYPE_PATTERN,
  description: `an event type (${EVENT_TYPES.join(', ')}, custom or custom.NAME)`,
};
