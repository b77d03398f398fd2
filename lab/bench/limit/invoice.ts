type Fields = Readonly<Record<string, unknown>>;

/** What a hand-written program needs to know of an order: what it checks, and the invoice it makes. */
export interface Invoice {
  readonly externalId: string;
  readonly [field: string]: unknown;
}

const decimals: ReadonlyMap<string, number> = new Map([
  ...['EUR', 'USD', 'GBP', 'CHF', 'SEK', 'NOK', 'DKK', 'PLN', 'CAD', 'AUD'].map((code): [string, number] => [code, 2]),
  ...['BHD', 'KWD', 'OMR', 'TND'].map((code): [string, number] => [code, 3]),
  ...['JPY', 'KRW', 'CLP', 'VND'].map((code): [string, number] => [code, 0]),
]);
const fulfilments = new Map([
  ['paid', 'pending'],
  ['packed', 'pending'],
  ['shipped', 'sent'],
  ['delivered', 'done'],
]);
const texts = ['number', 'channel', 'placedOn', 'dueOn', 'currency', 'note', 'updatedAt'];
const amount = /^\d+(?:\.(\d+))?$/;

/**
 * The mapping of mappings/order-to-invoice.ts written by hand: checks the order and makes the invoice. Answers the
 * reason where it cannot.
 */
export function invoiceOf(order: unknown): Invoice | string {
  if (!isFields(order)) return 'not an object';
  const { id, revision, status, customer, items } = order;
  if (typeof id !== 'string' || id === '') return 'id';
  if (!Number.isInteger(revision)) return 'revision';
  for (const name of texts) if (typeof order[name] !== 'string') return name;
  const fulfilment = fulfilments.get(String(status));
  if (fulfilment === undefined) return 'status';
  if (!isFields(customer) || !isFields(customer['address']) || !Array.isArray(items)) return 'customer';
  if (typeof customer['email'] !== 'string') return 'the customer has no e-mail address';
  const { street, city, postcode, country } = customer['address'];
  for (const text of [customer['name'], street, city, postcode, country])
    if (typeof text !== 'string') return 'address';
  const digits = decimals.get(String(order['currency']));
  if (digits === undefined) return 'currency';
  const [issuedOn, dueOn] = [isoDay(String(order['placedOn'])), isoDay(String(order['dueOn']))];
  if (issuedOn === undefined || dueOn === undefined) return 'not a real date';
  const [subtotal, discount] = [minor(order['subtotal'], digits), minor(order['discount'], digits)];
  const [tax, total] = [minor(order['tax'], digits), minor(order['total'], digits)];
  if (subtotal < 0 || discount < 0 || tax < 0 || total < 0) return 'amount';
  const lines: object[] = [];
  for (const item of items) {
    if (!isFields(item) || typeof item['sku'] !== 'string' || typeof item['title'] !== 'string') return 'items';
    const unitPrice = minor(item['unitPrice'], digits);
    if (unitPrice < 0 || !Number.isInteger(item['quantity'])) return 'items';
    lines.push({ sku: item['sku'], description: item['title'], quantity: item['quantity'], unitPrice });
  }
  return {
    externalId: id,
    sourceRevision: revision,
    number: order['number'],
    issuedOn,
    dueOn,
    fulfilment,
    currency: order['currency'],
    subtotal,
    discount,
    tax,
    total,
    customerName: customer['name'],
    customerEmail: customer['email'],
    street,
    city,
    postcode,
    country,
    note: order['note'] === 'n/a' ? '' : order['note'],
    lines,
  };
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** -1 for what is no amount of so many decimals. */
function minor(text: unknown, digits: number): number {
  const match = typeof text === 'string' ? amount.exec(text) : null;
  if (match === null) return -1;
  const fraction = match[1] ?? '';
  if (fraction.length > digits) return -1;
  return Number(match[0].replace('.', '')) * 10 ** (digits - fraction.length);
}

const days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isoDay(text: string): string | undefined {
  const [day, month, year] = [Number(text.slice(0, 2)), Number(text.slice(3, 5)), Number(text.slice(6))];
  if (text.length !== 10 || !(day >= 1 && day <= (days[month - 1] ?? 0) && year >= 1)) return undefined;
  if (month === 2 && day === 29 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0))) return undefined;
  return `${text.slice(6)}-${text.slice(3, 5)}-${text.slice(0, 2)}`;
}
