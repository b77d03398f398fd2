/** Why the books refuse an invoice. */
export interface Refusal {
  readonly field: string;
  readonly message: string;
}

export interface Invoice {
  readonly externalId: string;
  readonly sourceRevision: number;
  readonly [field: string]: unknown;
}

type Check = (value: unknown) => string | undefined;

const fulfilments = new Set<unknown>(['pending', 'sent', 'done']);
const currencies = new Set(['EUR', 'USD', 'GBP', 'CHF', 'SEK', 'JPY', 'BHD']);
const firstOpenYear = 2020;

const text: Check = (value) => (typeof value === 'string' ? undefined : 'must be a text');
const filled: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'must be a text, not empty');
const whole: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? undefined : 'must be a whole number from 0';
const email: Check = (value) =>
  typeof value === 'string' && /^[^@\s]+@[^@\s]+$/.test(value) ? undefined : 'must be an e-mail address';
const currency: Check = (value) =>
  typeof value === 'string' && currencies.has(value) ? undefined : 'is not a currency of these books';

const fulfilment: Check = (value) => (fulfilments.has(value) ? undefined : 'must be pending, sent or done');

const day: Check = (value) => {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return 'must be a date such as 2026-01-31';
  const time = Date.parse(`${value}T00:00:00Z`);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== value) return 'is not a day of the calendar';
  return undefined;
};

const openDay: Check = (value) =>
  day(value) ?? (Number(String(value).slice(0, 4)) < firstOpenYear ? 'lies in a closed period' : undefined);

const lines: Check = (value) => {
  if (!Array.isArray(value) || value.length === 0) return 'must be a list, not empty';
  return value.every(isLine) ? undefined : 'must each have sku, description, quantity and unitPrice';
};

const isLine = (line: Record<string, unknown> | null): boolean =>
  line !== null &&
  filled(line['sku']) === undefined &&
  text(line['description']) === undefined &&
  whole(line['quantity']) === undefined &&
  whole(line['unitPrice']) === undefined;

const checks: Readonly<Record<string, Check>> = {
  externalId: filled,
  sourceRevision: whole,
  number: filled,
  issuedOn: openDay,
  dueOn: day,
  fulfilment,
  currency,
  subtotal: whole,
  discount: whole,
  tax: whole,
  total: whole,
  customerName: filled,
  customerEmail: email,
  street: text,
  city: text,
  postcode: text,
  country: filled,
  note: text,
  lines,
};

/** The books' own opinion of an item: every field present and of its kind, amounts in whole minor units. */
export function judge(item: unknown): { readonly invoice: Invoice } | { readonly refusal: Refusal } {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    return { refusal: { field: '', message: 'must be an object' } };
  for (const field in checks) {
    const message = checks[field]?.((item as Record<string, unknown>)[field]);
    if (message !== undefined) return { refusal: { field, message: `${field} ${message}` } };
  }
  return { invoice: item as Invoice };
}
