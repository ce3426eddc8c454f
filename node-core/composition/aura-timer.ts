import { slotAt, slotStartMs } from '../domain/consensus/schedule.ts';
import type { ActorSystem, SystemEnvironment } from '../kernel/system.ts';
import { actorRef } from '../protocol/actors.ts';

/**
 * The outside party AuraTimer: tells ChainActor each slot once, when it begins. A clock that steps back repeats no slot,
 * because ChainActor takes only higher ones; one that steps forward skips slots.
 */
export function startAuraTimer(
  system: ActorSystem,
  slotDurationMs: number,
  clock: Pick<SystemEnvironment, 'nowMs'>,
): () => void {
  const chain = actorRef(system, 'ChainActor');
  let handle: NodeJS.Timeout;
  const tick = (): void => {
    const slot = slotAt(clock.nowMs(), slotDurationMs);
    system.inject(chain, { type: 'SlotTick', slot }, { from: 'AuraTimer', correlationId: `slot:${slot}` });
    arm();
  };
  const arm = (): void => {
    const nowMs = clock.nowMs();
    const next = slotStartMs(slotAt(nowMs, slotDurationMs), slotDurationMs) + slotDurationMs;
    handle = setTimeout(tick, next - nowMs);
  };
  arm();
  return () => {
    clearTimeout(handle);
  };
}
