/** The mapping language: what mapping files import from 'syncline'. */
export { concat, or, orOmit, orReject, template, to, toIfPresent, when } from './language.ts';
export { type MapOptions, map } from './map.ts';
export type { Mapped, Mapping, Sample } from './mapping.ts';
export { type OwnRule, reject, rule } from './rule.ts';
export { booleanFrom, lookup, oneOf } from './rules/choices.ts';
export {
  allOf,
  anyOf,
  atLeast,
  atMost,
  differs,
  equals,
  isAfter,
  isBefore,
  isIn,
  isMissing,
  isPresent,
  lessThan,
  moreThan,
  not,
} from './rules/compare.ts';
export { dateAs, fromEpoch, isoDate, isoDateTime } from './rules/dates.ts';
export { decimal, decimalOfNumber, minus, plus, times } from './rules/decimals.ts';
export { cutSeconds, localTime } from './rules/iso-times.ts';
export { count, distinct, join, maxItems, split, sum } from './rules/lists.ts';
export { currencyCode, fromMinorUnits, minorUnits } from './rules/money.ts';
export { between, clamp, integer, integerFrom, numberFrom, round } from './rules/numbers.ts';
export {
  around,
  asText,
  collapseSpaces,
  lower,
  maxLength,
  normalise,
  notBlank,
  nullIf,
  padEnd,
  padStart,
  replace,
  storable,
  trim,
  truncate,
  upper,
} from './rules/text.ts';
export type { Expr, Given, Ref, Rejected, Rule, Shape } from './types.ts';
