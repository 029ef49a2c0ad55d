/** Sends one LLDP frame (IEEE 802.1AB) through the interface that it is given. */
import { readFileSync } from 'node:fs';
import { AF_PACKET, RawSocket, SOCK_RAW, socketAddressLinkLayer } from '../../src/device/raw-sockets.ts';

const index = Number(readFileSync(`/sys/class/net/${process.argv[2]}/ifindex`, 'utf8'));
// Chassis 02:00:00:00:00:01, port "test", 120 seconds to live.
const frame = '0180c200000e02000000000188cc' + '0207040200000000010405057465737406020078' + '0000';
using socket = await RawSocket.open(AF_PACKET, SOCK_RAW, 0);
const errno = socket.send(Buffer.from(frame, 'hex'), socketAddressLinkLayer(0x88cc, index));
if (errno !== 0) throw new Error(`errno ${errno}`);
