import type { Page, Source } from '../model/connector/connector.ts';
import type { Json } from '../model/record/json.ts';
import { never } from './given.ts';

/** The pages of a read from a position to its end. */
export async function readAll(
  source: Source,
  position: Json = null,
  since: string | number | null = null,
): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of source.read({ position, since, signal: never() })) pages.push(page);
  return pages;
}
