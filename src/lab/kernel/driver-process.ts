/**
 * The Linux driver in the namespace of one router, served to the process that started this one: for whoever measures
 * without an agent. Its argument says which router it is, as JSON.
 */
import type { FramePort } from '../../../discovery/speaker.ts';
import { ConferError } from '../../core/errors.ts';
import { createLinuxDriver, type LinuxDriverOptions } from '../../device/linux.ts';
import { serveDevice } from '../../sim/device-server.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as Required<
  Pick<LinuxDriverOptions, 'facts' | 'interfaces'>
>;
/** Nothing is announced from here. */
const noFrames: FramePort = {
  interfaces: () => [],
  send: () => {},
  onFrame: () => {},
};

serveDevice(process, {
  driver: createLinuxDriver(options),
  frames: noFrames,
  reach: async () => {
    throw new ConferError('not-found', 'No agent listens behind this driver.');
  },
});
process.once('disconnect', () => process.exit(0));
