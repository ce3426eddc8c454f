import { expect } from 'vitest';

/** Prometheus text by its own grammar: the values by their series, the types by their metric. */
export function parsed(text: string) {
  const values = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, metric, type] = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (metric !== undefined && type !== undefined) {
      expect(types.has(metric), `${metric} is described once`).toBe(false);
      types.set(metric, type);
    }
    if (line.startsWith('# ')) continue;
    const [, series, value] = /^(\w+\{(?:\w+="(?:[^"\\\n]|\\[\\"n])*",?)*\}) (\S+)$/.exec(line) ?? [];
    if (series === undefined) throw new Error(`not Prometheus text: ${line}`);
    expect(values.has(series), `${series} is there once`).toBe(false);
    values.set(series, Number(value));
  }
  return { values, types };
}

export const labelsOf = (series: string): Readonly<Record<string, string>> =>
  Object.fromEntries([...series.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]));
