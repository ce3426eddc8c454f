import type { MessageBatch } from '../../../electron/contract/models.ts';
import { type Curve, pointOn } from './graph-layout.ts';

const TRAVEL_MS = 640;
const SPREAD_MS = 100;
const MAX_PARTICLES = 600;
const RADIUS = 3.5;

interface Particle {
  readonly curve: Curve;
  readonly startMs: number;
  readonly failed: boolean;
}

export interface ParticleColours {
  readonly moving: string;
  readonly failed: string;
}

/** `Peers` for every peer, the parent for a child: the graph's nodes. */
const partyOf = (path: string): string => (path.startsWith('Peer:') ? 'Peers' : (path.split('/', 1)[0] ?? path));

/** Messages on their way along the edges, drawn on one canvas outside React. */
export class Particles {
  #particles: Particle[] = [];

  get moving(): boolean {
    return this.#particles.length > 0;
  }

  /** Spreads a batch over the time until the next, in its own order. */
  add(sample: MessageBatch['sample'], curves: ReadonlyMap<string, Curve>, nowMs: number): void {
    sample.forEach(({ from, to, failed }, index) => {
      const curve = curves.get(`${partyOf(from)} ${partyOf(to)}`);
      if (curve === undefined || this.#particles.length >= MAX_PARTICLES) return;
      this.#particles.push({ curve, failed, startMs: nowMs + (index / sample.length) * SPREAD_MS });
    });
  }

  /** `transform` is the graph's pan and zoom. */
  draw(
    context: CanvasRenderingContext2D,
    nowMs: number,
    [dx, dy, zoom]: readonly [number, number, number],
    colours: ParticleColours,
  ): void {
    const { width, height } = context.canvas;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const scale = zoom * devicePixelRatio;
    context.setTransform(scale, 0, 0, scale, dx * devicePixelRatio, dy * devicePixelRatio);
    this.#particles = this.#particles.filter(({ startMs }) => nowMs - startMs < TRAVEL_MS);
    for (const failed of [false, true]) {
      context.fillStyle = failed ? colours.failed : colours.moving;
      context.beginPath();
      for (const particle of this.#particles) {
        const t = (nowMs - particle.startMs) / TRAVEL_MS;
        if (particle.failed !== failed || t < 0) continue;
        const { x, y } = pointOn(particle.curve, t);
        context.moveTo(x + RADIUS, y);
        // A failed one is a square: colour never stands alone.
        if (failed) context.rect(x - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS);
        else context.arc(x, y, RADIUS, 0, 2 * Math.PI);
      }
      context.fill();
    }
  }

  clear(): void {
    this.#particles = [];
  }
}
