import { useEffect, useMemo } from 'react';
import { create } from 'zustand';
import type { Greeting } from '../../electron/contract/frames.ts';
import type { Channel, RequestBody, RequestResult } from '../../electron/contract/requests.ts';
import type { Topic, TopicData, TopicParams } from '../../electron/contract/topics.ts';
import { type ConnectionState, ConsoleClient } from '../bridge/console-client.ts';

/** Models of screens that were left are kept, so that a return shows them at once; the oldest go first. */
const MAX_MODELS = 60;

interface LiveState {
  readonly connection: ConnectionState;
  readonly greeting: Greeting | null;
  /** The last model of each topic and parameters. */
  readonly models: ReadonlyMap<string, unknown>;
}

export const useLive = create<LiveState>(() => ({ connection: 'connecting', greeting: null, models: new Map() }));

let changed: Map<string, unknown> | null = null;

const client = new ConsoleClient({
  onState: (connection) => useLive.setState({ connection }),
  onGreeting: (greeting) => useLive.setState({ greeting }),
  batch: (apply) => {
    changed = null;
    apply();
    // One change of the store for all updates of a frame, and none when nothing was watched by the store.
    if (changed !== null) useLive.setState({ models: changed });
    changed = null;
  },
});

export const connect = (): void => client.connect();

export const request = <C extends Channel>(channel: C, body: RequestBody<C>): Promise<RequestResult<C>> =>
  client.request(channel, body);

/** Watches without the store: for what is drawn many times a second outside React. */
export const watch = <T extends Topic>(topic: T, params: TopicParams<T>, onData: (data: TopicData<T>) => void) =>
  client.watch(topic, params, onData);

const watched = new Map<string, { users: number; stop: () => void }>();

function keep(key: string, data: unknown): void {
  changed ??= new Map(useLive.getState().models);
  changed.delete(key);
  changed.set(key, data);
  while (changed.size > MAX_MODELS) {
    const oldest = [...changed.keys()].find((candidate) => !watched.has(candidate));
    if (oldest === undefined) return;
    changed.delete(oldest);
  }
}

/** The live model of a topic: undefined until its first snapshot. Watched only while a component that shows it is there. */
export function useTopic<T extends Topic>(topic: T, params: TopicParams<T>): TopicData<T> | undefined {
  const key = `${topic} ${JSON.stringify(params)}`;
  const stable = useMemo(() => params, [key]);
  useEffect(() => {
    const entry = watched.get(key);
    if (entry === undefined)
      watched.set(key, { users: 1, stop: client.watch(topic, stable, (data) => keep(key, data)) });
    else entry.users += 1;
    return () => {
      const current = watched.get(key);
      if (current === undefined) return;
      current.users -= 1;
      if (current.users > 0) return;
      watched.delete(key);
      current.stop();
    };
  }, [key, topic, stable]);
  return useLive((state) => state.models.get(key)) as TopicData<T> | undefined;
}
