import { isRecord, type Json, parseExact } from '../../index.ts';

/**
 * A record as a form (`application/x-www-form-urlencoded`, WHATWG URL 5.2) with names in brackets, as Stripe, Rails and
 * PHP read them: `address[city]=Bern&items[0][sku]=A1`. Null is an empty text, by which such systems unset a field; an
 * empty list or object is left out, as a form cannot say it. Pure.
 */
export function formOf(recordJson: string): string {
  const form = new URLSearchParams();
  const record = parseExact(recordJson);
  if (isRecord(record)) for (const [name, value] of Object.entries(record)) add(form, name, value);
  return form.toString();
}

function add(form: URLSearchParams, name: string, value: Json): void {
  if (Array.isArray(value)) for (const [index, item] of value.entries()) add(form, `${name}[${index}]`, item);
  else if (isRecord(value)) for (const [inner, part] of Object.entries(value)) add(form, `${name}[${inner}]`, part);
  else form.append(name, value === null ? '' : String(value));
}
