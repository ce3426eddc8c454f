import type { ActorSystem } from '../../../../node-core/kernel/system.ts';
import type { Observer } from '../observation.ts';
import type { World } from '../world.ts';
import type { Report } from './report.ts';

const LOOK_EVERY_SLOTS = 16;
/** What of the log a system still holds. */
const ALL = 1_000_000;

/** INV-21; INV-26 and INV-29 over the logs. Mailboxes keep their own high water, so that looking now and then misses nothing. */
export class RuntimeRules {
  readonly #world: World;
  readonly #report: Report;

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  readonly observe: Observer = (observation) => {
    if (observation.kind === 'slot' && observation.slot % LOOK_EVERY_SLOTS === 0) this.look();
  };

  look(): void {
    for (const { index, system } of this.#world.nodes) if (system !== null) this.#lookAt(index, system);
  }

  #lookAt(index: number, system: ActorSystem): void {
    for (const { path, mailbox } of system.tree())
      if (mailbox.highWater > mailbox.bound)
        this.#report(
          'INV-21',
          `node ${index}: ${mailbox.highWater} messages waited for ${path}, bound ${mailbox.bound}`,
        );
    const secret = this.#world.keys.authorities[index]?.secretKey.slice(2) ?? '';
    const reader = system.read('oldest');
    const { logs } = reader.read(ALL);
    reader.close();
    const illegal = logs.find(({ text }) => text.startsWith('ILLEGAL_TRANSITION'));
    if (illegal !== undefined) this.#report('INV-26', `node ${index}: ${illegal.text}`);
    const leak = logs.find((line) => line.text.includes(secret) || JSON.stringify(line.fields).includes(secret));
    if (leak !== undefined) this.#report('INV-29', `node ${index}: a secret key in the log of ${leak.path}`);
  }
}
