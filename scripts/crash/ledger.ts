/** What agents acknowledged, and what they owe for it: later everything must still be there. */

import { sha256Hex } from '../../crypto/canonical.ts';
import { type SignedAnswer, verifyStatement } from '../../crypto/envelope.ts';
import { type AuditedAnswer, type AuditedRequest, auditLog } from '../../src/agent/audit-record.ts';
import { type AuditPoint, verifyAudit } from '../../src/agent/audit-verify.ts';
import { reportBytes } from '../../src/collaboration/report.ts';
import { verifyReport } from '../../src/collaboration/verify.ts';
import type { Report } from '../../src/core/records.ts';
import { openStoreSnapshot } from '../../src/system/store-snapshot.ts';

export class Ledger {
  /** Sentences that say what was lost, doubled or forged; none is what we want. */
  readonly failures: string[] = [];
  answers = 0;
  reports = 0;
  auditRecords = 0;
  /** Answers between agents that are in the trails of both. */
  answersCompared = 0;
  readonly #nodes = new Map<string, Account>();
  readonly #trustAnchorPem: string;

  constructor(trustAnchorPem: string) {
    this.#trustAnchorPem = trustAnchorPem;
  }

  /** An answer that arrived: from now on it must be on record, and no nonce up to its own may come again. */
  answered(node: string, signed: SignedAnswer): void {
    this.answers += 1;
    const account = this.#account(node);
    const { nonce, resultHash } = signed.statement;
    const verified = verifyStatement(signed);
    if (!verified.ok) this.#fail(node, `an answer does not verify: ${verified.detail}`);
    if (account.nonces.has(nonce)) this.#fail(node, `nonce ${nonce} was used twice`);
    if (nonce <= account.floor)
      this.#fail(node, `nonce ${nonce} after the restart, but ${account.floor} came before it`);
    account.nonces.add(nonce);
    account.highest = Math.max(account.highest, nonce);
    account.notSeenInAudit.set(nonce, resultHash);
  }

  /** A report that was acknowledged: from now on it must be kept. */
  reported(node: string, report: Report): void {
    this.reports += 1;
    const { ok } = verifyReport(reportBytes(report), this.#trustAnchorPem);
    if (!ok) this.#fail(node, `report ${report.uri} does not verify`);
    this.#account(node).reports.set(report.uri, sha256Hex(reportBytes(report)));
  }

  /** Addresses of all reports that a node acknowledged, oldest first. */
  reportsOf(node: string): string[] {
    return [...this.#account(node).reports.keys()];
  }

  /** A report as the restarted agent gives it out. */
  found(node: string, uri: string, report: Report | undefined): void {
    const expected = this.#account(node).reports.get(uri);
    if (report === undefined) this.#fail(node, `report ${uri} was acknowledged and is gone`);
    else if (sha256Hex(reportBytes(report)) !== expected) this.#fail(node, `report ${uri} has changed`);
    else if (!verifyReport(reportBytes(report), this.#trustAnchorPem).ok)
      this.#fail(node, `report ${uri} does not verify any more`);
  }

  /** The node is dead: its trail must be whole, and have every answer that arrived. */
  async audited(node: string, storeDirectory: string): Promise<void> {
    const account = this.#account(node);
    account.floor = account.highest;
    using snapshot = openStoreSnapshot(storeDirectory);
    const { ok, problem, signed, records } = await verifyAudit(snapshot, {
      authorityPem: this.#trustAnchorPem,
      ...(account.seen !== undefined && { seen: account.seen }),
    });
    if (!ok) this.#fail(node, `the audit trail does not hold: ${problem?.what}`);
    for await (const { record } of snapshot.scan(auditLog, account.auditedTo)) {
      account.auditedTo = Number(record.number) + 1;
      const answer = record.answer as { nonce?: number; sha256?: string } | undefined;
      if (record.direction !== 'in' || answer?.nonce === undefined) continue;
      if (account.notSeenInAudit.get(answer.nonce) === answer.sha256)
        account.notSeenInAudit.delete(answer.nonce);
    }
    for (const nonce of account.notSeenInAudit.keys())
      this.#fail(node, `the answer with nonce ${nonce} arrived, but is not in the audit trail`);
    account.notSeenInAudit.clear();
    account.seen = signed;
    this.auditRecords += records - account.recordsCounted;
    account.recordsCounted = records;
  }

  /** What one agent says that it got from another, the other's trail must have as given: by nonce and hash. */
  async compared(stores: ReadonlyMap<string, string>): Promise<void> {
    const given = new Map<string, string>();
    const got: { node: string; peer: string; nonce: number; sha256: string }[] = [];
    for (const [node, directory] of stores) {
      using snapshot = openStoreSnapshot(directory);
      for await (const { record } of snapshot.scan(auditLog)) {
        const { direction, party, answer } = record as Partial<AuditedRequest> & { answer?: AuditedAnswer };
        if (answer?.nonce === undefined || party === undefined) continue;
        const { nonce, sha256 } = answer;
        if (direction === 'in') given.set(`${node} ${nonce}`, sha256);
        else got.push({ node, peer: party.name, nonce, sha256 });
      }
    }
    this.answersCompared = got.length;
    for (const { node, peer, nonce, sha256 } of got)
      if (given.get(`${peer} ${nonce}`) !== sha256)
        this.#fail(node, `${peer} answered with nonce ${nonce}, but has no record of it`);
  }

  fail(node: string, what: string): void {
    this.#fail(node, what);
  }

  #fail(node: string, what: string): void {
    this.failures.push(`${node}: ${what}`);
  }

  #account(node: string): Account {
    const account = this.#nodes.get(node) ?? new Account();
    this.#nodes.set(node, account);
    return account;
  }
}

class Account {
  readonly nonces = new Set<number>();
  highest = 0;
  /** Highest nonce that arrived before the last restart. */
  floor = 0;
  /** Hash of each answer since the last look, by nonce. */
  readonly notSeenInAudit = new Map<number, string>();
  auditedTo = 0;
  recordsCounted = 0;
  seen: AuditPoint | undefined;
  /** SHA-256 by address. */
  readonly reports = new Map<string, string>();
}
