import type { Random } from '../random.ts';

/** Bytes near the given ones: bits flipped, cut, grown, doubled, overwritten with edges. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.integer(bytes.length);
  switch (random.integer(8)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return Uint8Array.from([...bytes, ...random.bytes(1 + random.integer(64))]);
    case 2:
      return Uint8Array.from([...bytes.slice(0, at), ...random.bytes(1 + random.integer(8)), ...bytes.slice(at)]);
    case 3:
      return Uint8Array.from([...bytes.slice(0, at), ...bytes.slice(at + 1 + random.integer(40))]);
    case 4:
      return random.bytes(random.integer(bytes.length + 64));
    case 5: {
      const changed = bytes.slice();
      changed.fill(random.pick([0, 0xff]), at, at + random.pick([1, 2, 4, 8]));
      return changed;
    }
    default:
      return flipBytes(bytes, random);
  }
}

/** As many bytes, of which one to four have another bit. */
export function flipBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const changed = bytes.slice();
  for (let flips = 1 + random.integer(4); flips > 0; flips--) {
    const place = random.integer(bytes.length);
    changed[place] = (changed[place] ?? 0) ^ (1 << random.integer(8));
  }
  return changed;
}
