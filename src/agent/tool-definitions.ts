/** The tools of an agent as MCP lists them, from the same zod schemas that check the arguments. */
import { z } from 'zod';
import type { JsonObject } from '../../crypto/canonical.ts';
import { reportAcknowledgeArguments, reportAcknowledgeResult } from '../core/report-tools.ts';
import type { PromptDefinition, ToolDefinition } from '../core/service.ts';
import {
  capabilities,
  countingStartArguments,
  countingStartResult,
  countingStopArguments,
  pingArguments,
  pingResult,
  relayArguments,
  sessionConcludeResult,
  srv6PingArguments,
  srv6PingResult,
  toolNames,
  tracerouteArguments,
  tracerouteResult,
  troubleshootArguments,
} from '../core/tools.ts';

export const sessionConcludeArguments = z.strictObject({ session: z.string().min(1).max(64) });

export const toolDefinitions: readonly ToolDefinition[] = [
  {
    name: toolNames.srv6Ping,
    title: 'SRv6 ping',
    description: 'Sends ICMPv6 echo probes with a segment routing header over the given SIDs (RFC 9259)',
    inputSchema: jsonSchema(srv6PingArguments),
    outputSchema: jsonSchema(srv6PingResult),
    capability: capabilities.srv6Ping,
    readOnly: true,
  },
  {
    name: toolNames.ping,
    title: 'Ping',
    description: 'Execute ICMP echo probe',
    inputSchema: jsonSchema(pingArguments),
    outputSchema: jsonSchema(pingResult),
    capability: capabilities.ping,
    readOnly: true,
  },
  {
    name: toolNames.traceroute,
    title: 'Traceroute',
    description: 'Asks each hop in turn to answer',
    inputSchema: jsonSchema(tracerouteArguments),
    outputSchema: jsonSchema(tracerouteResult),
    capability: capabilities.traceroute,
    readOnly: true,
  },
  {
    name: toolNames.countingStart,
    title: 'Start counting',
    description: 'Counts probes by flow label on every interface until stopped or the lease ends (RFC 9341)',
    inputSchema: jsonSchema(countingStartArguments),
    outputSchema: jsonSchema(countingStartResult),
    capability: capabilities.counting,
    readOnly: false,
  },
  {
    name: toolNames.countingStop,
    title: 'Stop counting',
    description: 'Removes the counters and returns their last state with the captured packets',
    inputSchema: jsonSchema(countingStopArguments),
    capability: capabilities.counting,
    readOnly: false,
  },
  {
    name: toolNames.sessionConclude,
    title: 'Conclude session',
    description: 'Signs the list of everything that this node answered in the session',
    inputSchema: jsonSchema(sessionConcludeArguments),
    outputSchema: jsonSchema(sessionConcludeResult),
    readOnly: true,
  },
  {
    name: toolNames.relay,
    title: 'Relay a request',
    description:
      'Carries a signed request that measures to a node that the caller cannot reach, and brings its signed answer back',
    inputSchema: jsonSchema(relayArguments),
    capability: capabilities.relay,
    readOnly: true,
  },
  {
    name: toolNames.troubleshoot,
    title: 'Troubleshoot',
    description: 'Takes an intent, confers with the routers of the path and returns the signed report',
    inputSchema: jsonSchema(troubleshootArguments),
    readOnly: true,
  },
  {
    name: toolNames.reportAcknowledge,
    title: 'Acknowledge reports',
    description:
      'Says that a controller holds these reports durably, so that this device may drop them for room',
    inputSchema: jsonSchema(reportAcknowledgeArguments),
    outputSchema: jsonSchema(reportAcknowledgeResult),
    readOnly: false,
  },
];

export const promptDefinitions: readonly PromptDefinition[] = [
  {
    name: 'verify-packet-loss',
    description: 'The intent of the troubleshooting draft, section 5.3.1',
    arguments: [
      { name: 'head', description: 'Node where the path begins', required: true },
      { name: 'tail', description: 'Node where the path ends', required: true },
      { name: 'via', description: 'Nodes in between', required: false },
    ],
    template: 'Verify packet loss on the SRv6 path from {{head}} to {{tail}} via {{via}}',
  },
];

function jsonSchema(schema: z.ZodType): JsonObject {
  return z.toJSONSchema(schema, { io: 'input' }) as JsonObject;
}
