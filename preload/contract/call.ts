import type { z } from 'zod';

/** One call of the contract: what goes in and what comes back, both checked at the process boundary. */
export interface Call<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  input: I;
  output: O;
}

/** Declares a call; exists so that the schemas' types are inferred instead of widened. */
export function call<I extends z.ZodType, O extends z.ZodType>(input: I, output: O): Call<I, O> {
  return { input, output };
}

/** What a caller may pass: defaults not yet filled in. */
export type InputOf<C> = C extends Call<infer I, z.ZodType> ? z.input<I> : never;
/** What a handler receives: parsed, defaults filled in. */
export type ParsedInputOf<C> = C extends Call<infer I, z.ZodType> ? z.output<I> : never;
/** What a caller receives. */
export type OutputOf<C> = C extends Call<z.ZodType, infer O> ? z.output<O> : never;
