/** A peer that gives old answers again, swaps them, alters them, and signs for others (threats 13 and 14). */
import { digestOf, type JsonObject } from '../../crypto/canonical.ts';
import { type SignedAnswer, type Statement, sealAnswer, signedAnswerShape } from '../../crypto/envelope.ts';
import type { Random } from '../core/ports.ts';
import type { CallContext, Service, ServiceAnswer } from '../core/service.ts';
import type { Identity } from './identities.ts';
import type { Trace } from './trace.ts';

export interface Replaying {
  identity: Identity;
  random: Random;
  trace: Trace;
  /** Share of the answers that are dishonest. */
  probability: number;
  /** Told of answers with a nonce that is spent: only that is wrong with them, if the first was accepted. */
  onSpentNonce(context: CallContext, answer: ServiceAnswer): void;
}

interface Told {
  answer: ServiceAnswer;
  /** Operation and arguments. */
  question: string;
}

/** Answers that are remembered for later. */
const toldMax = 512;

export function replayingService(service: Service, options: Replaying): Service {
  const told: Told[] = [];
  const answering = async (question: string, context: CallContext, honest: Promise<ServiceAnswer>) => {
    const answer = await honest;
    const answered =
      options.random.fraction() < options.probability
        ? dishonest(answer, question, told, options, context)
        : answer;
    if (told.length < toldMax) told.push({ answer, question });
    if (answered !== answer) options.trace.fault('replayer', `to ${context.caller.name}: ${question}`);
    return answered;
  };
  return {
    node: service.node,
    capabilities: service.capabilities,
    network: service.network,
    tools: (caller) => service.tools(caller),
    resources: (caller) => service.resources(caller),
    resourceTemplates: (caller) => service.resourceTemplates(caller),
    prompts: (caller) => service.prompts(caller),
    negotiate: (caller, capabilities) => service.negotiate(caller, capabilities),
    callTool: (name, args, context) =>
      answering(`${name} ${digestOf(args)}`, context, service.callTool(name, args, context)),
    readResource: (uri, context) => answering(uri, context, service.readResource(uri, context)),
  };
}

/** One of the lies that there is something for; the honest answer where there is not. */
function dishonest(
  honest: ServiceAnswer,
  question: string,
  told: readonly Told[],
  { identity, random, onSpentNonce }: Replaying,
  context: CallContext,
): ServiceAnswer {
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random.fraction() * items.length)];
  const { statement } = honest.signed;
  const ofSession = told.filter(({ answer }) => answer.signed.statement.session === statement.session);
  const resigned = (changes: Partial<Statement>): ServiceAnswer => {
    const { resultHash: _, ...fields } = { ...statement, ...changes };
    const key = { privateKey: identity.keyPair.privateKey, certificatePem: identity.certificatePem };
    return { ...honest, signed: sealAnswer(fields, honest.signed.answer, key) };
  };
  const carried = carriedBy(honest);
  if (carried !== undefined) return falselyCarried(carried, honest, told, identity, pick) ?? honest;
  const lies: (() => ServiceAnswer | undefined)[] = [
    // The same question, asked before in this session, in another, or by somebody else.
    () => pick(ofSession.filter((one) => one.question === question))?.answer,
    () => pick(told.filter((one) => one.question === question))?.answer,
    () => pick(told)?.answer,
    () => altered(honest),
    // Another statement under the same signature.
    () => ({
      ...honest,
      signed: { ...honest.signed, statement: { ...statement, nonce: statement.nonce + 1 } },
    }),
    () => resigned({ caller: `${statement.caller}-2` }),
    () => resigned({ session: `${statement.session}0` }),
    () => resigned({ operation: { tool: 'ietf-ping' } }),
    () => resigned({ argumentsHash: digestOf({ other: true }) }),
    () => resigned({ signer: statement.caller }),
    () => {
      const spent = pick(ofSession)?.answer.signed.statement.nonce;
      if (spent === undefined) return undefined;
      const answer = resigned({ nonce: spent });
      onSpentNonce(context, answer);
      return answer;
    },
  ];
  return pick(lies)?.() ?? honest;
}

/** In place of what another node answered: what it said before, what others said, what we say, what nobody said. */
function falselyCarried(
  carried: SignedAnswer,
  honest: ServiceAnswer,
  told: readonly Told[],
  identity: Identity,
  pick: <T>(items: readonly T[]) => T | undefined,
): ServiceAnswer | undefined {
  const { statement, answer } = carried;
  const others = told.flatMap((one) => carriedBy(one.answer) ?? []);
  const ofNode = others.filter((one) => one.statement.signer === statement.signer);
  const invented: JsonObject = { ...(answer.data as JsonObject), invented: true };
  const lies: (() => SignedAnswer | undefined)[] = [
    () => pick(ofNode),
    () => pick(others),
    () => pick(told)?.answer.signed,
    () => ({ ...carried, answer: { ...answer, data: invented } }),
    () => ({ ...carried, statement: { ...statement, nonce: statement.nonce + 1 } }),
    () => ({ ...carried, statement: { ...statement, signer: honest.signed.statement.signer } }),
  ];
  const lie = pick(lies)?.();
  if (lie === undefined) return undefined;
  const data = { answer: lie as unknown as JsonObject };
  const content = [{ type: 'text', text: JSON.stringify(data) }];
  const { resultHash: _, ...fields } = honest.signed.statement;
  const key = { privateKey: identity.keyPair.privateKey, certificatePem: identity.certificatePem };
  const signed = sealAnswer(fields, { data, contentHash: digestOf(content), isError: false }, key);
  return { content, data, isError: false, signed };
}

/** What another node answered, where this answer brings such a one. */
function carriedBy({ data }: ServiceAnswer): SignedAnswer | undefined {
  return signedAnswerShape.safeParse(data.answer).data;
}

/** Other data under the same signature. */
function altered(honest: ServiceAnswer): ServiceAnswer {
  const data: JsonObject = { ...honest.data, invented: true };
  const content = honest.content.map((item) => ({ ...item, text: JSON.stringify(data) }));
  return { ...honest, data, content };
}
