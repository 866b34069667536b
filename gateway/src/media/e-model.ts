/**
 * Voice quality as the E-model of ITU-T G.107 (06/2015) estimates it: transmission rating R from delay and loss, and from R the mean opinion
 * score. All other parameters are the defaults of Table 2 (no echo, no noise beyond them), so this is an estimate of the network's part alone.
 * Codec constants: ITU-T G.113 Appendix I, G.711 without concealment (Ie 0, Bpl 4.3). Levels in dB, delays in ms.
 */
const [SLR, RLR, STMR, LSTR, DS] = [8, 2, 15, 18, 3];
const [TELR, WEPL, QDU] = [65, 110, 1];
const [CIRCUIT_NOISE, FLOOR_NOISE, SEND_ROOM, RECEIVE_ROOM] = [-70, -64, 35, 35];
const IE = 0;
const BPL = 4.3;

export interface Impairments {
  /** Mouth to ear, one way, ms. */
  readonly oneWayMs: number;
  /** Of the packets, at random, percent. */
  readonly lossPercent: number;
}

/** R, from 93.2 downwards; may be negative. */
export function ratingOf({ oneWayMs, lossPercent }: Impairments): number {
  return RO - IS - delayImpairment(oneWayMs) - lossImpairment(lossPercent);
}

/** Annex B: 1 to 4.5. */
export function mosOf(rating: number): number {
  if (rating <= 0) return 1;
  if (rating >= 100) return 4.5;
  return Math.max(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}

/** Ie-eff, §7.4 (3-29), for random loss. */
export function lossImpairment(lossPercent: number): number {
  return IE + (95 - IE) * (lossPercent / (lossPercent + BPL));
}

/** Id, §7.4, with echo paths as long as the way itself (Ta = T, Tr = 2T). */
export function delayImpairment(t: number): number {
  const terv = TELR - 40 * Math.log10((1 + t / 10) / (1 + t / 150)) + 6 * Math.exp(-0.3 * t ** 2);
  const talkerEcho = 80 + 2.5 * (terv - 14);
  const roe = -1.5 * (NOISE - RLR);
  const idte = ((roe - talkerEcho) / 2 + Math.sqrt((roe - talkerEcho) ** 2 / 4 + 100) - 1) * (1 - Math.exp(-t));
  const listenerEcho = 10.5 * (WEPL + 7) * (2 * t + 1) ** -0.25;
  const idle = (RO - listenerEcho) / 2 + Math.sqrt((RO - listenerEcho) ** 2 / 4 + 169);
  return idte + idle + longDelay(t);
}

/** Idd: what a long way costs even without any echo. */
function longDelay(t: number): number {
  if (t <= 100) return 0;
  const x = Math.log2(t / 100);
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
}

/** No: all noises together, at the 0 dBr point (3-3). */
function noise(): number {
  const send = SEND_ROOM - SLR - DS - 100 + 0.004 * (SEND_ROOM - SLR - RLR - DS - 14) ** 2;
  const effective = RECEIVE_ROOM + 10 * Math.log10(1 + 10 ** ((10 - LSTR) / 10));
  const receive = RLR - 121 + effective + 0.008 * (effective - 35) ** 2;
  const powers = [CIRCUIT_NOISE, send, receive, FLOOR_NOISE + RLR].map((level) => 10 ** (level / 10));
  return 10 * Math.log10(powers.reduce((sum, power) => sum + power));
}

/** Is: loudness, sidetone and quantising together (§7.3), at T = 0. */
function simultaneous(): number {
  const loud = SLR + RLR + 0.2 * (64 + NOISE - RLR);
  const iolr = 20 * ((1 + (loud / 8) ** 8) ** (1 / 8) - loud / 8);
  const st = -10 * Math.log10(10 ** (-STMR / 10) + 10 ** (-TELR / 10));
  const ist =
    12 * (1 + ((st - 13) / 6) ** 8) ** (1 / 8) -
    28 * (1 + ((st + 1) / 19.4) ** 35) ** (1 / 35) -
    13 * (1 + ((st - 3) / 33) ** 13) ** (1 / 13) +
    29;
  const q = 37 - 15 * Math.log10(QDU);
  const g = 1.07 + 0.258 * q + 0.0602 * q ** 2;
  const iq = 15 * Math.log10(1 + 10 ** ((RO - 100) / 15 + 46 / 8.4 - g / 9) + 10 ** (46 / 30 - g / 40));
  return iolr + ist + iq;
}

const NOISE = noise();
/** Basic signal-to-noise ratio (3-2). */
const RO = 15 - 1.5 * (SLR + NOISE);
const IS = simultaneous();
