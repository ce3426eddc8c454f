import { createMachine, getNextSnapshot } from 'xstate';
import { LogicError } from './errors.ts';

/** A state machine declared as data: for each state, which event leads where. A state without arrows is final. */
export interface MachineDeclaration<State extends string, Event extends string> {
  readonly id: string;
  readonly initial: State;
  readonly states: Readonly<Record<State, Readonly<Partial<Record<Event, State>>>>>;
}

/** A declared machine, compiled. The same object runs in the code, is enumerated by the tests and is drawn by the console. */
export interface Machine<State extends string, Event extends string> extends MachineDeclaration<State, Event> {
  readonly stateNames: readonly State[];
  readonly finalStates: readonly State[];
  /** Every arrow, in the order of the declaration. */
  readonly arrows: readonly { readonly from: State; readonly event: Event; readonly to: State }[];
  /** Where `event` leads from `from`. @throws LogicError when the declaration has no such arrow. */
  next(from: State, event: Event): State;
  /** Whether the declaration has an arrow for `event` in `from`. */
  can(from: State, event: Event): boolean;
}

/**
 * Compiles a declaration with XState, which refuses unknown targets and defines what a transition is;
 * the pure transition function is run once for each arrow, so that a step at run time is a look-up.
 */
export function declareMachine<const State extends string, const Event extends string>(
  declaration: MachineDeclaration<State, Event>,
): Machine<State, Event> {
  const stateNames = Object.keys(declaration.states) as State[];
  const chart = createMachine({
    id: declaration.id,
    initial: declaration.initial,
    states: Object.fromEntries(
      stateNames.map((name) => [name, { on: declaration.states[name] as Record<string, string> }]),
    ),
  });
  const arrows = stateNames.flatMap((from) =>
    (Object.keys(declaration.states[from]) as Event[]).map((event) => ({
      from,
      event,
      to: getNextSnapshot(chart, chart.resolveState({ value: from }), { type: event }).value as State,
    })),
  );
  const table = new Map(arrows.map(({ from, event, to }) => [`${from}\n${event}`, to]));
  return {
    ...declaration,
    stateNames,
    finalStates: stateNames.filter((name) => Object.keys(declaration.states[name]).length === 0),
    arrows,
    next(from, event) {
      const to = table.get(`${from}\n${event}`);
      if (to === undefined)
        throw new LogicError('ILLEGAL_TRANSITION', `${declaration.id}: no ${event} in ${from}`, { from, event });
      return to;
    },
    can: (from, event) => table.has(`${from}\n${event}`),
  };
}
