/** Uniform numbers in [0, 1) from a seed: sfc32, whose 128-bit state passes PractRand. Source: Chris Doty-Humphrey, PractRand 0.95. */
export function seededRandom(seed: number): () => number {
  let a = 0x9e37_79b9;
  let b = 0x243f_6a88;
  let c = seed | 0;
  let counter = Math.floor(seed / 2 ** 32) | 1;
  const next = (): number => {
    const mixed = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + mixed;
    return (mixed >>> 0) / 2 ** 32;
  };
  // The first outputs of neighbouring seeds are alike.
  for (let round = 0; round < 15; round++) next();
  return next;
}
