declare const brand: unique symbol;

/** A nominal type: a `T` that only its constructor function can make, so that a slot is never taken for a height. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
