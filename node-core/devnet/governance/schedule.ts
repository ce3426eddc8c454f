import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Network, networkSchema } from '../../config/network.ts';
import { assert } from '../../primitives/assert.ts';
import { AlysError } from '../../primitives/errors.ts';
import { type MemberFederation, deriveFederation } from './federation.ts';

/** The member sets of the network file and of the federation updates that governance has sent since. */
export interface EpochSchedule {
  /** Every federation that ever was or is to come, by epoch. */
  all(): readonly MemberFederation[];
  find(epoch: number): MemberFederation | null;
  /** The one whose members decide now: activated at or below the last final height that is known. */
  active(): MemberFederation;
  /** Takes a federation update in; false for one that nodes would refuse. */
  adopt(update: string): boolean;
  close(): void;
}

const entrySchema = networkSchema.shape.governance.element;
const REFRESH_MS = 500;

/**
 * @param dataDir where updates are kept; null keeps them in memory
 * @param finalHeight the chain's last final height; asked for only when a further set is to come
 */
export function openSchedule(
  network: Network,
  dataDir: string | null,
  finalHeight: () => Promise<number>,
): EpochSchedule {
  const file = dataDir === null ? null : join(dataDir, 'federation-updates.json');
  const updates =
    file !== null && existsSync(file) ? z.array(entrySchema).parse(JSON.parse(readFileSync(file, 'utf8'))) : [];
  const federations = [...network.governance, ...updates].map(deriveFederation);
  let knownHeight = 0;
  const activeAt = (height: number) => federations.findLast(({ entry }) => entry.activationHeight <= height);

  async function refresh(): Promise<void> {
    if (federations.at(-1) === activeAt(knownHeight)) return;
    try {
      knownHeight = Math.max(knownHeight, await finalHeight());
    } catch (error) {
      // No node answers: the present members go on until one does.
      if (!(error instanceof AlysError)) throw error;
    }
  }
  void refresh();
  const timer = setInterval(() => void refresh(), REFRESH_MS).unref();

  return {
    all: () => federations,
    find: (epoch) => federations.find(({ entry }) => entry.epoch === epoch) ?? null,
    active() {
      const active = activeAt(knownHeight);
      assert(active, 'the network file has a member set from genesis on');
      return active;
    },
    adopt(update) {
      const entry = parseEntry(update);
      const last = federations.at(-1)?.entry;
      assert(last, 'the network file has a member set from genesis on');
      if (entry?.epoch !== last.epoch + 1 || entry.activationHeight <= last.activationHeight) return false;
      if (entry.handover === undefined) return false;
      federations.push(deriveFederation(entry));
      updates.push(entry);
      if (file !== null) {
        writeFileSync(`${file}.new`, JSON.stringify(updates), { flush: true });
        renameSync(`${file}.new`, file);
      }
      return true;
    },
    close: () => clearInterval(timer),
  };
}

function parseEntry(update: string): MemberFederation['entry'] | null {
  try {
    return entrySchema.safeParse(JSON.parse(update)).data ?? null;
  } catch {
    return null;
  }
}
