import { performance } from 'node:perf_hooks';
import type { Page } from '../../model/connector/connector.ts';

/** A page, and what a clock showed when it was given. */
export type TimedPage = Page & { readonly asOfMs: number };

/** Gives pages whose source has no clock that of somebody else. */
export async function* timed(pages: AsyncIterable<Page>, clock: () => number): AsyncGenerator<TimedPage> {
  for await (const page of pages) yield { ...page, asOfMs: page.asOfMs ?? clock() };
}

/** A clock that showed `nowMs` just now, whatever becomes of that of this machine. */
export function clockFrom(nowMs: number): () => number {
  const begun = performance.now();
  return () => nowMs + (performance.now() - begun);
}
