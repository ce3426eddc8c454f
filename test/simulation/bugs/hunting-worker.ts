import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Finding } from './hunt.ts';
import type { PlantedBug } from './bug.ts';

const { bug, bounds } = workerData as {
  readonly bug: PlantedBug;
  readonly bounds: { readonly from: number; readonly seeds: number; readonly shareMs: number };
};

/** The bug is planted in what the loader reads: no line of the product knows of it. */
const planted = new Set<string>();
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const patches = bug.patches.filter(({ file }) => url.endsWith(`/node-core/${file}`));
    if (patches.length === 0) return loaded;
    let source = String(loaded.source);
    for (const { file, from, to } of patches) {
      if (source.split(from).length !== 2) throw new Error(`${bug.id}: ${file} doesn't hold once: ${from}`);
      source = source.replace(from, () => to);
      planted.add(`${file} ${from}`);
    }
    return { ...loaded, source };
  },
});

const { simulate } = await import('../world/simulation.ts');
const { optionsOf } = await import('../world/options.ts');
if (planted.size !== bug.patches.length) throw new Error(`${bug.id}: a file that it patches is not loaded`);

async function hunt(): Promise<Finding> {
  const endMs = performance.now() + bounds.shareMs;
  let seeds = 0;
  while (seeds < bounds.seeds && performance.now() < endMs) {
    const { violations, events } = await simulate(optionsOf(bounds.from + seeds));
    seeds++;
    const [first] = violations;
    if (first !== undefined) return { invariant: first.invariant, seeds, traceEvents: events };
  }
  return { invariant: null, seeds, traceEvents: 0 };
}
parentPort?.postMessage(await hunt());
