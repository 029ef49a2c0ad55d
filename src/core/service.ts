/**
 * What an agent offers to whoever calls it. src/agent implements it, src/mcp carries it over the wire: neither knows
 * the other.
 */
import type { JsonObject, JsonValue } from '../../crypto/canonical.ts';
import type { SignedAnswer } from '../../crypto/envelope.ts';
import type { Progress } from './ports.ts';

/** Role in the certificate of whoever calls (troubleshooting draft section 7.1: user identity and role). */
export type Role = 'device' | 'operator' | 'controller';

/** Authenticated by mutual TLS; never taken from a message. */
export interface Caller {
  name: string;
  role: Role;
  /** SHA-256 of the DER certificate, lower-case hex. */
  thumbprint: string;
}

export interface CallContext {
  caller: Caller;
  /** Session-id of the collaboration, when the caller gave one (troubleshooting draft section 7.4). */
  session?: string;
  /** Who carried the request here, where the caller could not: it may ask for nothing that it may not ask for itself. */
  relay?: Caller;
  signal: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** One item of an MCP result's `content`, or of a resource's `contents`. */
export type ContentItem = JsonObject;

/** A signed answer together with the content that it covers. */
export interface ServiceAnswer {
  /** MCP `content` of a tool result, `contents` of a resource. */
  content: ContentItem[];
  /** structuredContent of a tool, the parsed JSON of a resource. */
  data: JsonObject;
  isError: boolean;
  /** Travels in the result's `_meta`. */
  signed: SignedAnswer;
}

export interface ToolDefinition {
  name: string;
  title: string;
  description: string;
  /** JSON Schema, draft 2020-12. */
  inputSchema: JsonObject;
  outputSchema?: JsonObject;
  /** The capability that authorises it (troubleshooting draft section 5.3.1 step 2); absent = decided by role. */
  capability?: string;
  readOnly: boolean;
}

export interface ResourceDefinition {
  uri: string;
  name: string;
  description: string;
  mimeType: string;
  /** MCP `_meta` of the entry. */
  _meta?: JsonObject;
}

export interface ResourceTemplate {
  /** RFC 6570. */
  uriTemplate: string;
  name: string;
  description: string;
  mimeType: string;
}

export interface PromptDefinition {
  name: string;
  description: string;
  arguments: { name: string; description: string; required: boolean }[];
  /** With `{{argument}}` placeholders that the client fills in (troubleshooting draft section 3.3). */
  template: string;
}

/** Everything may take its time: no answer leaves before it is in the audit trail (troubleshooting draft section 7.4). */
export interface Service {
  readonly node: string;
  /** supported-capabilities, as advertised. */
  readonly capabilities: readonly string[];
  /** The `network` capability of draft-zeng-mcp-network-mgmt section 3. */
  readonly network: JsonObject;
  tools(caller: Caller): ToolDefinition[] | Promise<ToolDefinition[]>;
  resources(caller: Caller): Promise<ResourceDefinition[]>;
  resourceTemplates(caller: Caller): ResourceTemplate[] | Promise<ResourceTemplate[]>;
  prompts(caller: Caller): PromptDefinition[] | Promise<PromptDefinition[]>;
  /**
   * Runs a tool. A tool that ran and failed answers with isError. Throws ConferError `access-denied`, `not-found`,
   * `bad-input`, `overloaded`, `timeout`, `cancelled`.
   */
  callTool(name: string, args: JsonValue, context: CallContext): Promise<ServiceAnswer>;
  /** Throws like callTool. */
  readResource(uri: string, context: CallContext): Promise<ServiceAnswer>;
  /** Called when an authenticated peer negotiated: authorised = intersection of its list with ours. */
  negotiate(caller: Caller, capabilities: readonly string[]): readonly string[] | Promise<readonly string[]>;
}
