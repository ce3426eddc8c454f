import type { Task } from './pump.ts';

/** Cancelled tasks are swept out when they are more than half of at least so many. */
const SWEEP_FROM = 64;

const before = (a: Task, b: Task): boolean =>
  a.atMs !== b.atMs ? a.atMs < b.atMs : a.priority !== b.priority ? a.priority < b.priority : a.order < b.order;

/** A heap of tasks ordered by (time, priority, order of scheduling). */
export class TaskHeap {
  #tasks: Task[] = [];
  #order = 0;

  get size(): number {
    return this.#tasks.length;
  }

  push(task: Task, atMs: number, priority: number): void {
    if (this.#tasks.length >= SWEEP_FROM && (this.#tasks.length & (this.#tasks.length - 1)) === 0) this.#sweep();
    task.atMs = atMs;
    task.priority = priority;
    task.order = this.#order++;
    this.#tasks.push(task);
    this.#up(this.#tasks.length - 1);
  }

  /** The earliest task that isn't cancelled, left in place. */
  peek(): Task | undefined {
    while (this.#tasks[0]?.cancelled === true) this.#removeFirst();
    return this.#tasks[0];
  }

  pop(): Task | undefined {
    const task = this.peek();
    if (task !== undefined) this.#removeFirst();
    return task;
  }

  #sweep(): void {
    const living = this.#tasks.filter((task) => !task.cancelled);
    if (living.length * 2 > this.#tasks.length) return;
    this.#tasks = living;
    for (let index = (living.length >> 1) - 1; index >= 0; index--) this.#down(index);
  }

  #removeFirst(): void {
    const last = this.#tasks.pop();
    if (last === undefined || this.#tasks.length === 0) return;
    this.#tasks[0] = last;
    this.#down(0);
  }

  #up(start: number): void {
    const tasks = this.#tasks;
    const task = tasks[start] as Task;
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = tasks[parent] as Task;
      if (!before(task, above)) break;
      tasks[index] = above;
      index = parent;
    }
    tasks[index] = task;
  }

  #down(start: number): void {
    const tasks = this.#tasks;
    const task = tasks[start] as Task;
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= tasks.length) break;
      if (child + 1 < tasks.length && before(tasks[child + 1] as Task, tasks[child] as Task)) child++;
      const below = tasks[child] as Task;
      if (!before(below, task)) break;
      tasks[index] = below;
      index = child;
    }
    tasks[index] = task;
  }
}
