/** The Devices port over peer links: mutual TLS, MCP both ways, every answer of the device checked for its signature. */
import type { Duplex } from 'node:stream';
import { digestOf, type JsonObject, type JsonValue } from '../../crypto/canonical.ts';
import { roleOf, thumbprintHexOf } from '../../crypto/certificate.ts';
import { type Operation, openAnswer, type SignedAnswer } from '../../crypto/envelope.ts';
import { NonceSource, ReplayWindow } from '../../crypto/nonce.ts';
import { reportUriPrefix } from '../collaboration/report.ts';
import { PeerError } from '../core/errors.ts';
import { mistakesOf } from '../core/expectation.ts';
import type { Clock, Log, Store } from '../core/ports.ts';
import {
  reportAcknowledgeResult,
  reportId,
  reportMetaKeys,
  reportNote,
  shelfStatus,
  shelfUri,
} from '../core/report-tools.ts';
import { toolNames } from '../core/tools.ts';
import { type DeviceConnection, openDeviceLink, reportSession } from '../mcp/controller-links.ts';
import { DeliveryService, type Signer } from './delivery-service.ts';
import type { DeviceLink, Devices, ReportPage } from './devices.ts';

/** A mutual-TLS connection to a device, and as whom we made it. */
export interface DialedDevice {
  socket: Duplex;
  /** The device's, PEM. */
  certificate: string;
  self: Signer;
}

export interface LinkedDevicesPorts {
  clock: Clock;
  log: Log;
  /** For the nonces of our receipts. */
  store: Store;
  /** Resolves only for exactly this device. Throws PeerError. */
  dial(device: string, signal: AbortSignal): Promise<DialedDevice>;
}

const nonceTable = 'nonces';

export function createLinkedDevices(ports: LinkedDevicesPorts): Devices {
  const { clock, log, store, dial } = ports;
  const nonces = new NonceSource({
    load: async () => Number((await store.get(nonceTable, 'high-water'))?.value ?? 0),
    save: (value) => store.put(nonceTable, 'high-water', { value }),
  });
  return {
    async open(device, { signal, onPushed }) {
      const { socket, certificate, self } = await dial(device, signal);
      if (roleOf(certificate) !== 'device') {
        socket.destroy();
        throw new PeerError(
          'authentication',
          `${device} is no device: its certificate says ${roleOf(certificate)}.`,
        );
      }
      const service = new DeliveryService({ signer: self, nonces, clock, onPushed });
      const identity = { node: device, certificate, thumbprint: thumbprintHexOf(certificate) };
      const own = { node: self.node, service, clock, log, signal };
      return new LinkedDevice(await openDeviceLink(socket, identity, own), identity, self.node);
    },
  };
}

class LinkedDevice implements DeviceLink {
  readonly #connection: DeviceConnection;
  readonly #device: { node: string; certificate: string };
  readonly #controller: string;
  readonly #spent = new ReplayWindow(0);

  constructor(
    connection: DeviceConnection,
    device: { node: string; certificate: string },
    controller: string,
  ) {
    this.#connection = connection;
    this.#device = device;
    this.#controller = controller;
  }

  get ended(): AbortSignal {
    return this.#connection.ended;
  }

  close(): void {
    this.#connection.close();
  }

  async list(cursor: string | undefined, signal: AbortSignal): Promise<ReportPage> {
    const { resources, nextCursor } = await this.#connection.resources(cursor, signal);
    const shelf = resources.find(({ uri }) => uri === shelfUri)?._meta?.[reportMetaKeys.shelf];
    const status = shelfStatus.safeParse(shelf);
    const reports = resources.filter(({ uri }) => uri.startsWith(reportUriPrefix));
    return {
      reports: reports.map(({ uri, _meta }) => ({
        id: this.#idOf(uri),
        acknowledgedBy: reportNote.safeParse(_meta?.[reportMetaKeys.note]).data?.['acknowledged-by'] ?? [],
      })),
      ...(status.success ? { shelf: status.data } : {}),
      ...(nextCursor === undefined ? {} : { nextCursor }),
    };
  }

  async read(id: string, signal: AbortSignal): Promise<JsonValue> {
    const uri = `${reportUriPrefix}${id}`;
    return this.#opened(await this.#connection.read(uri, { signal }), { uri }, {});
  }

  async acknowledge(ids: readonly string[], signal: AbortSignal): Promise<void> {
    const tool = toolNames.reportAcknowledge;
    const args = { ids: [...ids] };
    const data = this.#opened(await this.#connection.call(tool, args, { signal }), { tool }, args);
    const outcome = reportAcknowledgeResult.safeParse(data);
    const { node } = this.#device;
    if (!outcome.success)
      throw new PeerError(
        'malformed',
        `${node}: the answer of ${tool}: ${mistakesOf(outcome.error, data, 'the answer')}.`,
      );
    // What it does not know it has dropped meanwhile, as it may: we hold it.
    const heard = new Set([...outcome.data.acknowledged, ...outcome.data.unknown]);
    const unheard = ids.filter((id) => !heard.has(id));
    if (unheard.length > 0)
      throw new PeerError('malformed', `${node} did not take note of ${unheard.join(', ')}.`);
  }

  #idOf(uri: string): string {
    const id = reportId.safeParse(uri.slice(reportUriPrefix.length));
    if (!id.success)
      throw new PeerError('malformed', `${this.#device.node} lists a report without a proper id.`);
    return id.data;
  }

  #opened(signed: SignedAnswer, operation: Operation, args: JsonObject): JsonValue {
    const { node, certificate } = this.#device;
    const opened = openAnswer(signed, {
      operation,
      argumentsHash: digestOf(args),
      session: reportSession,
      signer: node,
      caller: this.#controller,
      certificate,
      nonceAbove: this.#spent.floor,
    });
    if (!opened.ok)
      throw new PeerError(opened.reason === 'replay' ? 'replay' : 'bad-signature', opened.detail);
    if (!this.#spent.accept(signed.statement.nonce))
      throw new PeerError('replay', `${node} gives an answer a second time.`);
    const { isError, data } = opened.answer;
    if (isError) throw new PeerError('refused', `${node}: ${JSON.stringify(data)}`);
    return data;
  }
}
