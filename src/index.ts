/**
 * The public surface: what a program may rely on. `confer` itself uses no more than this and the adapters below it.
 *
 *   verifyReport(bytes, trustAnchorPem)           judges a report offline
 *   parseTopology(text, fileName)                 reads a topology file
 *   createAgent(settings, ports)                  one Collaboration Agent in a world of your own
 *   createController(settings, ports)             collects the reports of such agents
 *   startLab(await createModelledWorld(...), ...) a lab of agents, as `confer lab` runs it
 */
export {
  type Agent,
  type AgentIdentity,
  type AgentPorts,
  type AgentSettings,
  createAgent,
} from './agent/agent.ts';
export { type AgentConfig, parseAgentConfig } from './agent/config.ts';
export type { Observer, ProgressEvent, StepName } from './collaboration/progress.ts';
export { reportBytes } from './collaboration/report.ts';
export { type Check, type Verification, verifyReport } from './collaboration/verify.ts';
export type { HeldReport, RefusedReport } from './controller/archive.ts';
export type { ControllerBounds } from './controller/bounds.ts';
export type { CatchUpOptions, RefusedNow, Tally } from './controller/catch-up.ts';
export { type ControllerConfig, parseControllerConfig } from './controller/config.ts';
export {
  type Away,
  type Controller,
  type ControllerPorts,
  type ControllerSettings,
  createController,
  type DeviceAccount,
  type WatchEvent,
} from './controller/controller.ts';
export type { DeviceLink, Devices, ListedReport, Receipt, ReportPage } from './controller/devices.ts';
export {
  createLinkedDevices,
  type DialedDevice,
  type LinkedDevicesPorts,
} from './controller/linked-devices.ts';
export { ConferError, type ErrorCode, PeerError, type UntrustedReason } from './core/errors.ts';
export type {
  CallOptions,
  Clock,
  Deadline,
  DeviceDriver,
  DeviceFacts,
  Log,
  Peer,
  Peers,
  Random,
  Store,
} from './core/ports.ts';
export type {
  Conclusion,
  Direction,
  Element,
  Envelope,
  Finding,
  FindingKind,
  Flow,
  Hop,
  Path,
  PathLossIntent,
  Report,
  SectionMeasurement,
  Untrusted,
  Verdict,
} from './core/records.ts';
export { reportSchema } from './core/report-schema.ts';
export type { ShelfState, ShelfStatus } from './core/report-tools.ts';
export type { CallContext, Caller, Role, Service, ServiceAnswer } from './core/service.ts';
export {
  type Fault,
  type FaultKind,
  parseTopology,
  type Topology,
  type TopologyLink,
  type TopologyNode,
} from './core/topology.ts';
export { createKernelWorld } from './lab/kernel-world.ts';
export { type Asked, type Lab, startLab } from './lab/lab.ts';
export { createModelledWorld } from './lab/modelled-world.ts';
export type { World } from './lab/world.ts';
export { createSystemClock } from './system/clock.ts';
export { createSystemRandom } from './system/random.ts';
