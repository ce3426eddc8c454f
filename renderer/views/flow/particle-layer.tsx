import { useStoreApi } from '@xyflow/react';
import { useEffect, useRef } from 'react';
import type { MessageBatch } from '../../../electron/contract/models.ts';
import type { TopicParams } from '../../../electron/contract/topics.ts';
import { watch } from '../../stores/live.ts';
import type { Curve } from './graph-layout.ts';
import { Particles } from './particles.ts';

const COUNTERS_MS = 250;

interface ParticleLayerProps {
  readonly curves: ReadonlyMap<string, Curve>;
  readonly filter: TopicParams<'messages'>;
  readonly onCounters: (counters: MessageBatch['counters']) => void;
}

/** The canvas over the graph. It draws only while something moves, and not at all for who asked for reduced motion. */
export function ParticleLayer({ curves, filter, onCounters }: ParticleLayerProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const graph = useStoreApi();
  const current = useRef(curves);
  current.current = curves;
  const { actor, type, correlationId } = filter;
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)');
    const particles = new Particles();
    let frame = 0;
    let countedAtMs = 0;
    const style = getComputedStyle(element);
    const draw = (nowMs: number): void => {
      const { clientWidth, clientHeight } = element;
      const width = Math.round(clientWidth * devicePixelRatio);
      const height = Math.round(clientHeight * devicePixelRatio);
      if (element.width !== width || element.height !== height) Object.assign(element, { width, height });
      particles.draw(context, nowMs, graph.getState().transform, { moving: style.color, failed: style.outlineColor });
      frame = particles.moving ? requestAnimationFrame(draw) : 0;
    };
    const stop = watch('messages', { actor, type, correlationId }, ({ sample, counters }) => {
      const nowMs = performance.now();
      if (nowMs - countedAtMs > COUNTERS_MS) {
        countedAtMs = nowMs;
        onCounters(counters);
      }
      if (still.matches || document.hidden) return;
      particles.add(sample, current.current, nowMs);
      if (frame === 0 && particles.moving) frame = requestAnimationFrame(draw);
    });
    return () => {
      stop();
      cancelAnimationFrame(frame);
      particles.clear();
    };
  }, [graph, actor, type, correlationId, onCounters]);
  return <canvas ref={canvas} className="particles" aria-hidden="true" />;
}
