const SATS_PER_BTC = 100_000_000n;
const WEI_PER_SAT = 10_000_000_000n;
const WEI_PER_GWEI = 1_000_000_000n;

const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ' ');

/** `1000000` as `0.01000000`: decimal text of sats in BTC, exact. */
export function btcText(sats: string): string {
  const value = BigInt(sats);
  const size = value < 0n ? -value : value;
  const fraction = (size % SATS_PER_BTC).toString().padStart(8, '0');
  return `${value < 0n ? '−' : ''}${grouped((size / SATS_PER_BTC).toString())}.${fraction}`;
}

/** `1000000` as `1 000 000`, with a thin no-break space. */
export const satText = (sats: string): string => `${sats.startsWith('-') ? '−' : ''}${grouped(sats.replace('-', ''))}`;

/** Wei as whole sats, rounded down: what could be paid out of it. */
export const weiToSatText = (wei: string): string => (BigInt(wei) / WEI_PER_SAT).toString();

/** Wei in the unit that leaves the fewest digits. */
export const weiText = (wei: string): string =>
  wei.length <= 9 ? `${grouped(wei)} wei` : `${grouped((BigInt(wei) / 1_000_000_000n).toString())} gwei`;

/** Wei in gwei, exact. */
export function gweiText(wei: string): string {
  const whole = grouped((BigInt(wei) / WEI_PER_GWEI).toString());
  const fraction = (BigInt(wei) % WEI_PER_GWEI).toString().padStart(9, '0').replace(/0+$/, '');
  return `${whole}${fraction === '' ? '' : `.${fraction}`} gwei`;
}

/** Typed BTC as sats, null when it is no amount: at most eight decimals, above zero. */
export function parseBtc(text: string): string | null {
  const match = /^(\d{1,8})(?:[.,](\d{1,8}))?$/.exec(text.trim());
  if (match === null) return null;
  const sats = BigInt(match[1] ?? '0') * SATS_PER_BTC + BigInt((match[2] ?? '').padEnd(8, '0'));
  return sats > 0n ? sats.toString() : null;
}

export const countText = (value: number): string => grouped(String(Math.round(value)));

/** Microseconds in the unit that needs the fewest digits. */
export function durationText(us: number): string {
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < 1_000_000) return `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`;
  return `${(us / 1_000_000).toFixed(1)} s`;
}

/** A span in its largest unit: what changes in a table must not dance. */
export function agoText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** A span in its two largest units. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

/** Local time of day with milliseconds. */
export function clockText(atMs: number): string {
  const date = new Date(atMs);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

export function dateText(atMs: number): string {
  const date = new Date(atMs);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** Both ends of something long, so that two of a kind are told apart. */
export const shorten = (text: string, head = 10, tail = 6): string =>
  text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;

/** A path's last part with its hash shortened: `peg-in:4f2a…:0`. */
export const shortPath = (path: string): string =>
  path.replace(
    /(0x)?([0-9a-f]{12,})/gi,
    (_, prefix: string | undefined, digits: string) => `${prefix ?? ''}${digits.slice(0, 6)}…${digits.slice(-4)}`,
  );

/** `CollectingSignatures` as `Collecting signatures`. */
export const words = (name: string): string =>
  name.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
