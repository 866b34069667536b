/** Driving licences beside their keyword: the file number (twelve digits), or the licence number, which is the resident number. Pure. */
import type { Claim } from '../kinds.ts';
import { REACH, type Reading } from '../reading/reading.ts';
import { windowsOf } from '../reading/runs.ts';

const SHAPE = /^(?:\d{12}|\d{15}|\d{17}[\dX])$/;

export function* driverLicence(reading: Reading): Generator<Claim> {
  for (const runs of [reading.digits, reading.slips])
    for (const run of runs)
      for (const { start, end } of windowsOf(run, [12, 15, 18], SHAPE)) {
        const { keywords } = reading;
        if (!keywords.claims('DRIVER_LICENCE', start, REACH.far) && !keywords.follows('DRIVER_LICENCE', end)) continue;
        yield { type: 'DRIVER_LICENCE', start, end, sureness: runs === reading.digits ? 98 : 72 }; // above a resident number: the keyword decides
      }
}
