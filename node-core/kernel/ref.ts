import type { ActorPath, Message } from './envelope.ts';

/**
 * The address of an actor: plain data, valid across restarts. A message that the actor doesn't know is a compile error.
 * `id` is the kernel's dense index of the path.
 */
export interface Ref<M extends Message> {
  readonly path: ActorPath;
  readonly id: number;
  /** Never set: makes the type contravariant in its messages. */
  readonly accepts?: (message: M) => void;
}

/** A message that is answered by one of `R`. The phantom property is never set. */
export interface Request<R extends Message> extends Message {
  readonly answeredBy?: R;
}

/** What answers the message of type `K` in the protocol `T`. */
export type AnswerOf<T extends Message, K> = Extract<T, { readonly type: K }> extends Request<infer R> ? R : never;

/** Where an answer goes: plain data, to be kept in state until the answer is known. Discarded when the asker's generation ended. */
export interface ReplyTo<R extends Message> {
  readonly path: ActorPath;
  readonly actorId: number;
  readonly generation: number;
  /** 0 when the request was told rather than asked: the answer then takes its place in the sender's mailbox like any message. */
  readonly askId: number;
  readonly answers?: (reply: R) => void;
}
