/** `confer pki init|issue|revoke`. */
import { join } from 'node:path';
import type { CertificateRole } from '../../crypto/certificate.ts';
import { counted } from '../core/counted.ts';
import { initAuthority, issueIdentity, revokeIdentity } from '../system/pki.ts';

const hourMs = 3_600_000;

export function pkiInit(options: { dir: string; name: string; days: number }): void {
  initAuthority(options.dir, { name: options.name, lifetimeMs: options.days * 24 * hourMs, now: Date.now() });
  console.log(
    `${join(options.dir, 'ca.pem')}: authority "${options.name}" for ${counted(options.days, 'day')}`,
  );
}

export function pkiIssue(options: {
  dir: string;
  node: string;
  role: CertificateRole;
  host: string[];
  hours: number;
  out?: string;
}): void {
  const target = options.out ?? join(options.dir, encodeURIComponent(options.node));
  const { node, role, host: hosts, hours } = options;
  const request = { node, role, hosts, lifetimeMs: hours * hourMs, now: Date.now() };
  const { validUntil, isCut } = issueIdentity(options.dir, target, request);
  const lifetime = counted(hours, 'hour');
  const until = isCut
    ? `until ${validUntil.toISOString()}: its authority ends then, before the ${lifetime} are over`
    : `for ${lifetime}`;
  console.log(`${target}: ${role} ${node} ${until}`);
}

export function pkiRevoke({ dir, node }: { dir: string; node: string }): void {
  const { revoked, number, validUntil } = revokeIdentity(dir, node, Date.now());
  const list = join(dir, 'crl.pem');
  console.log(`${node}: ${counted(revoked, 'certificate')} revoked`);
  console.log(`${list}: list number ${number}, good until ${validUntil.toISOString()}`);
  console.log(
    `Copy ${list} to revocations.pem in the identity directory of every other agent, which takes it within seconds.`,
  );
}
