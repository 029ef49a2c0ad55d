/**
 * Who may do what. Devices may use the capabilities that both sides negotiated, out of our white-list; operators and
 * controllers are people and systems that the authority vouches for (troubleshooting draft sections 1, 5.3.1, 7.1).
 */
import { ConferError } from '../core/errors.ts';
import type { Caller, ToolDefinition } from '../core/service.ts';
import { capabilities, toolNames } from '../core/tools.ts';

/** Certificates that negotiated; the oldest is forgotten and has to negotiate again. */
const negotiatedMax = 1_024;

export class Policy {
  readonly #offered: readonly string[];
  readonly #negotiated = new Map<string, readonly string[]>();

  constructor(offered: readonly string[]) {
    this.#offered = offered;
  }

  /** The intersection; an empty one authorises nothing. */
  negotiate(caller: Caller, theirs: readonly string[]): readonly string[] {
    const authorised = this.#offered.filter((capability) => theirs.includes(capability));
    this.#negotiated.delete(caller.thumbprint);
    this.#negotiated.set(caller.thumbprint, authorised);
    const [oldest] = this.#negotiated.keys();
    if (this.#negotiated.size > negotiatedMax && oldest !== undefined) this.#negotiated.delete(oldest);
    return authorised;
  }

  mayCall(caller: Caller, tool: ToolDefinition): boolean {
    if (tool.name === toolNames.troubleshoot) return caller.role !== 'device';
    if (tool.name === toolNames.sessionConclude) return true;
    if (tool.name === toolNames.reportAcknowledge) return caller.role === 'controller';
    if (tool.name === toolNames.relay && caller.role !== 'device') return false;
    return this.#has(caller, tool.capability);
  }

  /** Throws ConferError `access-denied`. */
  requireCall(caller: Caller, tool: ToolDefinition): void {
    if (this.mayCall(caller, tool)) return;
    const role =
      tool.name === toolNames.reportAcknowledge ? 'the role controller' : 'the role operator or controller';
    const needed =
      tool.name === toolNames.relay
        ? `the role device and the capability ${tool.capability}`
        : tool.capability === undefined
          ? role
          : `the capability ${tool.capability}`;
    throw denied(caller, `call ${tool.name}`, needed);
  }

  /** Reports are for people and controllers; state is for whoever negotiated counters. */
  mayRead(caller: Caller, what: 'report' | 'state' | 'counting'): boolean {
    if (what === 'report') return caller.role !== 'device';
    return this.#has(caller, what === 'counting' ? capabilities.counting : capabilities.interfaceCounters);
  }

  /** Throws ConferError `access-denied`. */
  requireRead(caller: Caller, what: 'report' | 'state' | 'counting'): void {
    if (this.mayRead(caller, what)) return;
    const needed =
      what === 'report'
        ? 'the role operator or controller'
        : `the capability ${what === 'counting' ? capabilities.counting : capabilities.interfaceCounters}`;
    throw denied(caller, `read ${what}`, needed);
  }

  #has(caller: Caller, capability: string | undefined): boolean {
    if (capability === undefined || !this.#offered.includes(capability)) return false;
    if (caller.role !== 'device') return true;
    return this.#negotiated.get(caller.thumbprint)?.includes(capability) ?? false;
  }
}

function denied(caller: Caller, what: string, needed: string): ConferError {
  return new ConferError(
    'access-denied',
    `${caller.name} (${caller.role}) may not ${what}: it needs ${needed}, negotiated when the session opens.`,
  );
}
