/**
 * New reports go to the controllers that are connected, at once (troubleshooting draft section 5.3.1 step 5). A
 * controller opens the link, so it is called back over it; its signed answer acknowledges that it holds the report
 * durably. Whatever fails here is no loss: the report stays on the shelf until the controller fetches it.
 */
import { digestOf, type JsonObject } from '../../crypto/canonical.ts';
import { openAnswer, type SignedAnswer } from '../../crypto/envelope.ts';
import { ReplayWindow } from '../../crypto/nonce.ts';
import { reportUriPrefix } from '../collaboration/report.ts';
import { messageOf, PeerError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Clock, Log, Peer } from '../core/ports.ts';
import type { Report } from '../core/records.ts';
import { reportDeliverResult } from '../core/report-tools.ts';
import { toolNames } from '../core/tools.ts';
import type { ReportShelf } from './report-shelf.ts';

/** A controller that opened a link to this device, and can be called over it until it ends. */
export interface ConnectedController extends Pick<Peer, 'node' | 'certificate' | 'call'> {
  /** The session that its answers are signed in. */
  readonly session: string;
  readonly ended: AbortSignal;
}

export class ReportDelivery {
  readonly #node: string;
  readonly #ports: { clock: Clock; log: Log; reports: ReportShelf };
  readonly #controllers = new Map<ConnectedController, ReplayWindow>();

  constructor(node: string, ports: { clock: Clock; log: Log; reports: ReportShelf }) {
    this.#node = node;
    this.#ports = ports;
  }

  /** From now on until it ends, this controller is told of new reports. */
  attach(controller: ConnectedController): void {
    if (controller.ended.aborted) return;
    if (this.#controllers.size >= limits.controllersMax) {
      const { node } = controller;
      this.#ports.log.warn('too many controllers: this one has to fetch reports', { controller: node });
      return;
    }
    this.#controllers.set(controller, new ReplayWindow(0));
    controller.ended.addEventListener('abort', () => this.#controllers.delete(controller), { once: true });
  }

  /** Pushes a report that is on the shelf to every connected controller. Never rejects. */
  async offer(report: Report, signal: AbortSignal): Promise<void> {
    await Promise.all(
      [...this.#controllers].map(async ([controller, spent]) => {
        try {
          await this.#deliver(report, controller, spent, signal);
        } catch (error) {
          const about = { report: report.uri, controller: controller.node, reason: messageOf(error) };
          this.#ports.log.warn('report not delivered; it stays here until it is fetched', about);
        }
      }),
    );
  }

  async #deliver(
    report: Report,
    controller: ConnectedController,
    spent: ReplayWindow,
    signal: AbortSignal,
  ): Promise<void> {
    using deadline = this.#ports.clock.deadline(
      limits.reportDeliveryTimeoutMs,
      AbortSignal.any([signal, controller.ended]),
    );
    const args = { report: report as unknown as JsonObject };
    const signed = await controller.call(toolNames.reportDeliver, args, { signal: deadline.signal });
    const outcome = reportDeliverResult.safeParse(this.#opened(signed, args, controller, spent));
    if (!outcome.success) throw new PeerError('malformed', `${controller.node} gave no receipt.`);
    const { stored, reason = 'without a reason' } = outcome.data;
    if (!stored) throw new PeerError('refused', `${controller.node} refuses the report: ${reason}`);
    const id = report.uri.slice(reportUriPrefix.length);
    await this.#ports.reports.acknowledge([id], controller.node);
  }

  /** An acknowledgement lets the only copy here be dropped: it must be the controller's own, for this very report. */
  #opened(
    signed: SignedAnswer,
    args: JsonObject,
    { node, certificate, session }: ConnectedController,
    spent: ReplayWindow,
  ): unknown {
    const opened = openAnswer(signed, {
      operation: { tool: toolNames.reportDeliver },
      argumentsHash: digestOf(args),
      session,
      signer: node,
      caller: this.#node,
      certificate,
      nonceAbove: spent.floor,
    });
    if (!opened.ok) throw new PeerError('bad-signature', opened.detail);
    if (!spent.accept(signed.statement.nonce)) throw new PeerError('replay', `${node} repeats a receipt.`);
    return opened.answer.isError ? undefined : opened.answer.data;
  }
}
