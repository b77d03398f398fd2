import type { z } from 'zod';

declare const valueType: unique symbol;
declare const ruleType: unique symbol;
declare const rejectedType: unique symbol;

/** A value that will be there when a record is mapped: recorded now, computed per record. */
export interface Expr<out T> {
  readonly [valueType]: T;
}

/** A pure, named function from one value to another. Made by `rule` and by the built-in rules. */
export interface Rule<in A, out B> {
  readonly [ruleType]: (value: A) => B;
}

/** What `reject` gives: the record is set aside with this reason. */
export interface Rejected {
  readonly [rejectedType]: true;
}

type Absent<T> = Extract<T, null | undefined>;
/** Behind a value that may be null, every field may be missing. */
type MissingAsUndefined<T> = [Absent<T>] extends [never] ? never : undefined;
type Scalar = Date | string | number | boolean | bigint;

/** A field of the source, typed from its schema: its own fields are at hand, and those of a list through `each`. */
export type Ref<T> = Expr<T> & RefParts<T>;

type RefParts<T> =
  NonNullable<T> extends readonly (infer U)[]
    ? ListParts<T, U>
    : NonNullable<T> extends Scalar
      ? unknown
      : { readonly [K in keyof NonNullable<T>]-?: Ref<NonNullable<T>[K] | MissingAsUndefined<T>> };

export interface ListParts<T, U> {
  /** One destination value for each item; items that come out as undefined are left out. */
  each<const V>(make: (item: Ref<U>) => V): Expr<Exclude<Plain<V>, undefined>[] | Absent<T>>;
  /** The items for which the condition holds. */
  filter(holds: (item: Ref<U>) => Expr<boolean>): Ref<U[] | Absent<T>>;
  /** The first item; undefined when there is none. */
  first(): Ref<U | undefined>;
}

/** The value type of something built from expressions and constants. */
export type Plain<V> =
  V extends Expr<infer T> ? T : V extends Scalar | null | undefined ? V : { -readonly [K in keyof V]: Plain<V[K]> };

/** What a mapping may give for a destination of type `T`: an expression, a constant, or an object or list of such. */
export type Shape<T> =
  | Expr<T>
  | (unknown extends T
      ? unknown
      : T extends Scalar | null | undefined
        ? T
        : T extends readonly (infer U)[]
          ? readonly Shape<U>[]
          : { [K in keyof T]: Shape<T[K]> });

/** Refuses fields that the destination has not; TypeScript by itself does so only where a return type is written out. */
export type NothingElse<R, T> = unknown extends T
  ? unknown
  : R extends Expr<unknown>
    ? unknown
    : string extends keyof T
      ? unknown
      : { [K in Exclude<keyof R, KeysOf<T>>]: never };

type KeysOf<T> = T extends unknown ? keyof T : never;

/** A value or an expression of it. */
export type Given<T> = T | Expr<T>;

/** A source field: a name at the top, or a JSON pointer in which the step `*` stands for every item of a list. */
export type SourceField<S extends z.ZodType> = (keyof z.output<S> & string) | `/${string}`;
