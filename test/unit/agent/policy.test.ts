import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Policy } from '../../../src/agent/policy.ts';
import { toolDefinitions } from '../../../src/agent/tool-definitions.ts';
import { ConferError } from '../../../src/core/errors.ts';
import type { Caller } from '../../../src/core/service.ts';
import { allCapabilities, capabilities } from '../../../src/core/tools.ts';
import { callerOf } from './callers.ts';

const neighbour = callerOf('P-2', 2);
const operator = callerOf('alice', 9, 'operator');
const controller = callerOf('noc', 8, 'controller');

function toolOf(name: string) {
  const tool = toolDefinitions.find((one) => one.name === name);
  assert.ok(tool);
  return tool;
}

function callable(policy: Policy, caller: Caller): string[] {
  return toolDefinitions.filter((tool) => policy.mayCall(caller, tool)).map(({ name }) => name);
}

describe('what a neighbour may do [T2] [T3] [T23]', () => {
  it('is nothing before it negotiated, but to close its session', () => {
    const policy = new Policy(allCapabilities);
    assert.deepEqual(callable(policy, neighbour), ['session-conclude']);
    for (const what of ['state', 'counting', 'report'] as const)
      assert.equal(policy.mayRead(neighbour, what), false);
  });

  it('is the intersection of both lists, in our order', () => {
    const policy = new Policy([capabilities.srv6Ping, capabilities.interfaceCounters]);
    const theirs = ['unheard-of', capabilities.interfaceCounters, capabilities.ping, capabilities.srv6Ping];
    assert.deepEqual(policy.negotiate(neighbour, theirs), [
      capabilities.srv6Ping,
      capabilities.interfaceCounters,
    ]);
    assert.deepEqual(callable(policy, neighbour), ['ietf-srv6-ping', 'session-conclude']);
    assert.equal(policy.mayRead(neighbour, 'state'), true);
    assert.equal(policy.mayRead(neighbour, 'counting'), false);
  });

  it('is nothing when the lists have nothing in common', () => {
    const policy = new Policy([capabilities.srv6Ping]);
    assert.deepEqual(policy.negotiate(neighbour, [capabilities.ping]), []);
    assert.deepEqual(callable(policy, neighbour), ['session-conclude']);
  });

  it('shrinks when it negotiates less', () => {
    const policy = new Policy(allCapabilities);
    policy.negotiate(neighbour, allCapabilities);
    assert.ok(policy.mayCall(neighbour, toolOf('ping')));
    policy.negotiate(neighbour, [capabilities.counting]);
    assert.equal(policy.mayCall(neighbour, toolOf('ping')), false);
    assert.ok(policy.mayCall(neighbour, toolOf('counting-start')));
  });

  it('hangs on the certificate, not on the name', () => {
    const policy = new Policy(allCapabilities);
    policy.negotiate(neighbour, allCapabilities);
    assert.deepEqual(callable(policy, callerOf('P-2', 3)), ['session-conclude']);
  });

  it('never includes intents and reports', () => {
    const policy = new Policy(allCapabilities);
    policy.negotiate(neighbour, [...allCapabilities, 'troubleshoot', 'report']);
    assert.equal(policy.mayCall(neighbour, toolOf('troubleshoot')), false);
    assert.equal(policy.mayRead(neighbour, 'report'), false);
  });

  it('is forgotten for the certificate that negotiated longest ago, and memory stays bounded', () => {
    const policy = new Policy(allCapabilities);
    policy.negotiate(neighbour, allCapabilities);
    for (let number = 100; number < 100 + 1_023; number += 1)
      policy.negotiate(callerOf('X', number), allCapabilities);
    assert.ok(policy.mayCall(neighbour, toolOf('ping')));
    policy.negotiate(neighbour, allCapabilities); // the newest again
    policy.negotiate(callerOf('Y', 5), allCapabilities);
    assert.ok(policy.mayCall(neighbour, toolOf('ping')));
    assert.equal(policy.mayCall(callerOf('X', 100), toolOf('ping')), false);
  });
});

describe('what people and controllers may do', () => {
  for (const caller of [operator, controller])
    it(`a ${caller.role} may do what this agent offers, without negotiation, and no more`, () => {
      const policy = new Policy([capabilities.srv6Ping]);
      const acknowledging = caller === controller ? ['ietf-mcp-report-acknowledge'] : [];
      const asked = ['ietf-srv6-ping', 'session-conclude', 'troubleshoot', ...acknowledging];
      assert.deepEqual(callable(policy, caller), asked);
      assert.equal(policy.mayRead(caller, 'report'), true);
      assert.equal(policy.mayRead(caller, 'state'), false);
    });
});

describe('a refusal', () => {
  const refusal = (pattern: RegExp) => (error: unknown) =>
    error instanceof ConferError && error.code === 'access-denied' && pattern.test(error.message);

  it('names the caller, its role and what is needed', () => {
    const policy = new Policy(allCapabilities);
    assert.throws(
      () => policy.requireCall(neighbour, toolOf('ping')),
      refusal(/^P-2 \(device\) may not call ping: it needs the capability ietf-ping/),
    );
    assert.throws(
      () => policy.requireCall(neighbour, toolOf('troubleshoot')),
      refusal(/needs the role operator or controller/),
    );
    assert.throws(
      () => policy.requireRead(neighbour, 'counting'),
      refusal(/read counting.*capability counting/),
    );
    assert.throws(
      () => policy.requireRead(neighbour, 'state'),
      refusal(/capability ietf-interface-counters/),
    );
    assert.throws(() => policy.requireRead(neighbour, 'report'), refusal(/role operator or controller/));
    assert.throws(
      () => policy.requireCall(operator, toolOf('ietf-mcp-report-acknowledge')),
      refusal(/\(operator\) may not call .*: it needs the role controller,/),
    );
  });

  it('is not made to whoever may', () => {
    const policy = new Policy(allCapabilities);
    policy.negotiate(neighbour, allCapabilities);
    policy.requireCall(neighbour, toolOf('ping'));
    policy.requireRead(neighbour, 'state');
    policy.requireRead(operator, 'report');
  });
});
