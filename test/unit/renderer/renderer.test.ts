import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { machineRegistry } from '../../../node-core/index.ts';
import { pictureOf } from '../../../node-core/read-model/machines.ts';
import {
  agoText,
  btcText,
  durationText,
  parseBtc,
  satText,
  shortPath,
  shorten,
  weiToSatText,
  words,
} from '../../../renderer/components/format.ts';
import { layoutMachine } from '../../../renderer/components/machine-layout.ts';
import { hrefOf, parseRoute, screens } from '../../../renderer/stores/route.ts';
import { curveBetween, placeNodes, pointOn } from '../../../renderer/views/flow/graph-layout.ts';

describe('an amount on the screen', () => {
  it('is exact to the sat, both ways', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 2_100_000_000_000_000n), (sats) => {
        expect(
          parseBtc(
            btcText(sats.toString())
              .replaceAll('\u2009', '')
              .replaceAll('\u202f', '')
              .replaceAll('\u00a0', '')
              .replaceAll(' ', ''),
          ),
        ).toBe(sats.toString());
      }),
    );
  });

  it.each([
    ['0.05', '5000000'],
    ['1', '100000000'],
    ['0,5', '50000000'],
    [' 0.00000001 ', '1'],
    ['0.000000001', null],
    ['0', null],
    ['-1', null],
    ['1e3', null],
    ['', null],
    ['.5', null],
  ])('typed as %j is %s sat', (text, sats) => {
    expect(parseBtc(text)).toBe(sats);
  });

  it('shows what is short with its sign, and wei rounded down to what could be paid', () => {
    expect(btcText('-1')).toBe('−0.00000001');
    expect(satText('-1')).toBe('−1');
    expect(weiToSatText('19999999999')).toBe('1');
  });
});

describe('texts', () => {
  it('keep both ends of a hash and the whole of what is short', () => {
    expect(shorten('a'.repeat(64))).toHaveLength(17);
    expect(shorten('short')).toBe('short');
    expect(shortPath(`BridgeActor/peg-in:${'ab'.repeat(32)}:0`)).toBe('BridgeActor/peg-in:ababab…abab:0');
  });

  it('use the unit that reads best', () => {
    expect([durationText(999), durationText(1500), durationText(2_500_000)]).toEqual(['999 µs', '1.5 ms', '2.5 s']);
    expect([agoText(59_000), agoText(61_000), agoText(7_200_000), agoText(-5)]).toEqual([
      '59 s',
      '1 min',
      '2 h',
      '0 s',
    ]);
    expect(words('CollectingSignatures')).toBe('Collecting signatures');
  });
});

describe('the address of the window', () => {
  it('keeps screen and item through a reload, whatever the item is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...screens), fc.string({ unit: 'grapheme', maxLength: 40 }), (screen, item) => {
        expect(parseRoute(hrefOf(screen, item))).toEqual({ screen, item });
      }),
    );
  });

  it.each(['', '#', '#/nowhere', '#/%', 'garbage'])('of %j is the overview', (hash) => {
    expect(parseRoute(hash).screen).toBe('overview');
  });
});

describe('a drawn state machine', () => {
  it.each(Object.entries(machineRegistry))(
    'shows every state and every arrow of %s, no box over another',
    (_, machine) => {
      const picture = pictureOf(machine);
      const layout = layoutMachine(picture);
      expect(layout.states.map(({ name }) => name).toSorted()).toEqual([...picture.states].toSorted());
      const drawn = layout.arrows.flatMap(({ from, to, events }) => events.map((event) => `${from} ${event} ${to}`));
      const declared = picture.arrows
        .filter(({ from, to }) => from !== to)
        .map(({ from, event, to }) => `${from} ${event} ${to}`);
      expect(drawn.toSorted()).toEqual(declared.toSorted());
      for (const a of layout.states) {
        expect(a.x).toBeGreaterThanOrEqual(0);
        expect(a.x + a.width).toBeLessThanOrEqual(layout.width);
        expect(a.y + a.height).toBeLessThanOrEqual(layout.height);
        for (const b of layout.states) if (a !== b) expect(a.y + a.height <= b.y || b.y + b.height <= a.y).toBe(true);
      }
    },
  );
});

describe('the flow graph', () => {
  it('gives every party a place of its own, known or not', () => {
    const ids = ['ChainActor', 'EngineActor', 'Peers', 'BitcoinNetwork', 'User', 'Stranger', 'Another', 'Third'];
    const places = placeNodes(ids);
    expect(new Set([...places.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(ids.length);
  });

  it('draws both directions apart and ends a message where it is received', () => {
    const [a, b] = [
      { x: 0, y: 0 },
      { x: 400, y: 200 },
    ];
    const there = curveBetween(a, b);
    const back = curveBetween(b, a);
    expect(pointOn(there, 0)).toEqual(there.start);
    expect(pointOn(there, 1)).toEqual(there.end);
    const [m, n] = [pointOn(there, 0.5), pointOn(back, 0.5)];
    expect(Math.hypot(m.x - n.x, m.y - n.y)).toBeGreaterThan(10);
  });
});
