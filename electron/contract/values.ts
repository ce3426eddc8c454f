import { z } from 'zod';

/** Whole numbers as decimal text: amounts never travel as a JSON number. */
export const amountText = z.string().regex(/^-?\d{1,40}$/);
export const timeMs = z.number();
export const count = z.number().int().nonnegative();
export const list = <T extends z.ZodType>(item: T) => z.array(item).readonly();
export const fields = z.record(z.string(), z.unknown()).readonly();
