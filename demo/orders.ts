import {
  channels,
  currencies,
  days,
  firstNames,
  lastNames,
  mailHosts,
  notes,
  places,
  statuses,
  streets,
  titles,
} from './order-words.ts';

/** An order as the demo's shop tells it. Fields may be null only in bad orders. */
export interface Order {
  readonly id: string | null;
  readonly number: string;
  /** 0 when placed; rises by one with each change. */
  readonly revision: number;
  readonly status: string;
  readonly channel: string;
  /** dd/MM/yyyy */
  readonly placedOn: string;
  /** dd/MM/yyyy */
  readonly dueOn: string;
  readonly currency: string;
  /** Decimal strings with as many digits as the currency has: JPY none, BHD three. */
  readonly subtotal: string;
  readonly discount: string;
  readonly tax: string;
  readonly total: string;
  readonly customer: Customer;
  readonly items: readonly Item[] | null;
  /** `n/a` where people had to type something. */
  readonly note: string;
  /** ISO 8601, UTC. Rises with every change in the shop. */
  readonly updatedAt: string;
}

interface Customer {
  readonly name: string;
  readonly email: string | null;
  readonly address: {
    readonly street: string;
    readonly city: string;
    readonly postcode: string;
    readonly country: string;
  };
}

interface Item {
  readonly sku: string;
  readonly title: string;
  readonly quantity: number;
  readonly unitPrice: string;
}

/** What can be wrong with an order. Each is caught at another door: validate, transform, or the books themselves. */
export const badKinds = [
  'missing-id',
  'missing-items',
  'missing-email',
  'impossible-date',
  'misshapen-amount',
  'unknown-currency',
  'closed-period',
] as const;
export type BadKind = (typeof badKinds)[number];

export const defaultBadShare = 0.01;

const startMs = Date.UTC(2026, 0, 1);
const stepMs = 1000;

/** The time of the shop's `position`-th event: one second each, so that tests and runs repeat exactly. */
export const timeOf = (position: number): string => new Date(startMs + position * stepMs).toISOString();

/** The first position at or after a time; NaN when `time` is none. */
export const positionAt = (time: string): number => Math.max(0, Math.ceil((Date.parse(time) - startMs) / stepMs));

export const orderId = (n: number): string => `ord_${String(n).padStart(7, '0')}`;

/** Whether and how order `n` is bad. An order stays bad through all its revisions. */
export function badKindOf(n: number, badShare: number = defaultBadShare): BadKind | undefined {
  if (mix(n, 1) >= badShare * 2 ** 32) return undefined;
  return badKinds[mix(n, 2) % badKinds.length];
}

/**
 * Order `n` (from 1) as it is at `revision`: a pure function, so that shop, tests and benchmark agree without a store.
 * `position` places it in the shop's time; a changed order comes later than all before it.
 */
export function order(n: number, revision = 0, options: { position?: number; badShare?: number } = {}): Order {
  const sound = soundOrder(n, revision, options.position ?? n - 1);
  const bad = badKindOf(n, options.badShare);
  return bad === undefined ? sound : spoil(sound, bad, n);
}

function soundOrder(n: number, revision: number, position: number): Order {
  const currency = pick(currencies, mix(n, 3));
  const items = itemsOf(n, revision, currency.digits);
  const subtotal = items.reduce((sum, item) => sum + item.minor * item.quantity, 0);
  const discount = mix(n, 4) % 4 === 0 ? Math.round(subtotal / 10) : 0;
  const tax = Math.round((subtotal - discount) / 5);
  const amount = (minor: number) => decimal(minor, currency.digits);
  const placedDay = mix(n, 5) % 120;
  return {
    id: orderId(n),
    number: `SO-${100_000 + n}`,
    revision,
    status: pick(statuses, mix(n, 6) + revision),
    channel: pick(channels, mix(n, 7)),
    placedOn: pick(days, placedDay),
    dueOn: pick(days, placedDay + (mix(n, 8) % 2 === 0 ? 14 : 30)),
    currency: currency.code,
    subtotal: amount(subtotal),
    discount: amount(discount),
    tax: amount(tax),
    total: amount(subtotal - discount + tax),
    customer: customerOf(n),
    items: items.map((item) => ({
      sku: item.sku,
      title: item.title,
      quantity: item.quantity,
      unitPrice: amount(item.minor),
    })),
    note: pick(notes, mix(n, 9)),
    updatedAt: timeOf(position),
  };
}

function itemsOf(n: number, revision: number, digits: number) {
  const count = 1 + (mix(n, 10) % 3);
  return Array.from({ length: count }, (_, line) => {
    const article = mix(n, 11 + line) % titles.length;
    return {
      sku: `SKU-${1000 + article}`,
      title: pick(titles, article),
      quantity: 1 + ((mix(n, 20 + line) + revision) % 5),
      minor: (500 + (mix(article, 30) % 20_000)) * (digits === 3 ? 10 : 1),
    };
  });
}

function customerOf(n: number): Customer {
  const first = pick(firstNames, mix(n, 40));
  const last = pick(lastNames, mix(n, 41));
  const place = pick(places, mix(n, 42));
  return {
    name: `${first} ${last}`,
    email: `customer${1 + (mix(n, 43) % 500_000)}@${pick(mailHosts, mix(n, 44))}`,
    address: {
      street: `${1 + (mix(n, 45) % 200)} ${pick(streets, mix(n, 46))}`,
      city: place.city,
      postcode: String(10_000 + (mix(n, 47) % 89_999)),
      country: place.country,
    },
  };
}

function spoil(sound: Order, kind: BadKind, n: number): Order {
  switch (kind) {
    case 'missing-id':
      return { ...sound, id: null };
    case 'missing-items':
      return { ...sound, items: null };
    case 'missing-email':
      return { ...sound, customer: { ...sound.customer, email: null } };
    case 'impossible-date':
      return { ...sound, placedOn: pick(['31/02/2026', '30/02/2026', '31/04/2026', '00/01/2026'], mix(n, 50)) };
    case 'misshapen-amount':
      return { ...sound, total: pick(['12,50x', '1.2.3', 'free', ''], mix(n, 51)) };
    case 'unknown-currency':
      return { ...sound, currency: pick(['ZZQ', 'EURO', '$'], mix(n, 52)) };
    case 'closed-period':
      return { ...sound, placedOn: sound.placedOn.replace(/\d{4}$/, '2019') };
  }
}

/** Exact: the digits of an integer with a point put in. */
function decimal(minor: number, digits: number): string {
  if (digits === 0) return String(minor);
  const text = String(minor).padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** A well-spread 32-bit number from two: the shop's only source of variety. */
export function mix(n: number, salt: number): number {
  let hash = Math.imul(n ^ Math.imul(salt + 1, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x27d4eb2f);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function pick<T>(list: readonly T[], number: number): T {
  const value = list[number % list.length];
  if (value === undefined) throw new RangeError('pick needs a list that is not empty');
  return value;
}
