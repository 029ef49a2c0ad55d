/**
 * A world that a lab builds from a topology file: the routers, the links, and the faults in them. The agents run as
 * separate processes on top and never see this interface.
 */
import type { ChildProcess } from 'node:child_process';
import type { Fault, Topology } from '../core/topology.ts';

export interface World extends AsyncDisposable {
  readonly name: 'modelled' | 'kernel';
  readonly topology: Topology;
  /** Where the agent of a node listens, and what it advertises as its management address. */
  endpoint(node: string): { host: string; port: number };
  /** The part of agent.yaml that depends on the world: `driver`, `discovery`. */
  agentSettings(node: string): Record<string, unknown>;
  /** Starts a `confer agent --config FILE` process on that router. */
  spawnAgent(node: string, args: readonly string[]): ChildProcess;
  /** Starts any other confer command (for example `ask`) for somebody who has logged in at that router. */
  spawnOperator(node: string, args: readonly string[]): ChildProcess;
  /** What a person types before a command to run it where an operator of that node would; empty = nothing. */
  entrance(node: string): readonly string[];
  /**
   * Puts a fault in force. `node-crash` and `agent-only` also kill the agent process of the node.
   * Throws ConferError `bad-input` when the place does not exist.
   */
  inject(fault: Fault): Promise<void>;
  /**
   * Takes a fault that was injected out of force, as whoever repairs the router would. Throws ConferError `bad-input` for
   * `node-crash` and `agent-only`: the dead stay dead.
   */
  repair(fault: Fault): Promise<void>;
}
