/** Everything that a controller bounds, as controller.yaml sets it. Units are in the names. */
export interface ControllerBounds {
  /** Devices that are pulled at the same time. */
  devicesAtOnce: number;
  /** One device's pull, from dialling to the last acknowledgement. */
  deviceTimeoutMs: number;
  /** One call: a page of the list, one report, one acknowledgement. */
  callTimeoutMs: number;
  /** Refused reports of one device that are kept apart; also how many it may hand over in one pull. */
  refusedKeepMax: number;
  /** First wait before a device that is away is tried again; it doubles up to the other. */
  retryMinMs: number;
  retryMaxMs: number;
  /** Between two looks at the list of a device that is connected: finds what a push did not deliver. */
  syncIntervalMs: number;
}

/** Reports that one device may list: as many as agent.yaml lets it keep. More is no honest list. */
export const reportsListedMax = 100_000;

/** Reports stored before the device is told of them together: a crash in between repeats the telling, not the work. */
export const acknowledgeAtOnce = 20;
