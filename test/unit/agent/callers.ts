/** Whoever calls the agent under test. */
import type { Caller, Role } from '../../../src/core/service.ts';

/** number: tells certificates apart. */
export function callerOf(name: string, number: number, role: Role = 'device'): Caller {
  return { name, role, thumbprint: number.toString(16).padStart(64, '0') };
}
