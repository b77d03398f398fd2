import { z } from 'zod';
import { type Effect, type Verdict, verdictOf } from './checker.ts';

/** One of the demo's systems, as the checker reaches it. */
export interface DemoSystem {
  readonly url: string;
  readonly token: string;
}

const truthSchema = z.object({
  orders: z.int(),
  valid: z.record(z.string(), z.int()),
  bad: z.record(z.string(), z.int()),
});

const journalSchema = z.object({
  entries: z.array(z.object({ replay: z.boolean(), applied: z.array(z.tuple([z.string(), z.int()])) })),
  next: z.int().nullable(),
});

const statsSchema = z.object({ calls: z.int(), refused: z.int() });
const changeSchema = z.object({ changed: z.int() });

export const readTruth = async (shop: DemoSystem) => truthSchema.parse(await call(shop, 'GET', '/demo/truth'));

export const readShopStats = async (shop: DemoSystem) => statsSchema.parse(await call(shop, 'GET', '/demo/stats'));

/** Changes this share of the shop's orders; answers how many. */
export const changeOrders = async (shop: DemoSystem, share: number): Promise<number> =>
  changeSchema.parse(await call(shop, 'POST', `/demo/change?share=${share}`)).changed;

/** The books will commit the next request and never answer it. */
export async function loseAnswer(books: DemoSystem): Promise<void> {
  await call(books, 'POST', '/demo/lose-answers?count=1');
}

/** Every effect in the books, in order, and how many repeated requests they recognised. */
export async function readJournal(books: DemoSystem): Promise<{ effects: readonly Effect[]; replays: number }> {
  const effects: Effect[] = [];
  let replays = 0;
  for (let after: number | null = 0; after !== null; ) {
    const page: z.infer<typeof journalSchema> = journalSchema.parse(
      await call(books, 'GET', `/demo/journal?after=${after}`),
    );
    for (const entry of page.entries) {
      if (entry.replay) replays++;
      for (const effect of entry.applied) effects.push(effect);
    }
    after = page.next;
  }
  return { effects, replays };
}

/** Asks both systems, and only them, whether they agree. */
export async function checkBoth(shop: DemoSystem, books: DemoSystem): Promise<Verdict & { readonly replays: number }> {
  const truth = await readTruth(shop);
  const { effects, replays } = await readJournal(books);
  return { ...verdictOf(new Map(Object.entries(truth.valid)), effects), replays };
}

async function call(system: DemoSystem, method: string, path: string): Promise<unknown> {
  const response = await fetch(`${system.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${system.token}` },
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}.`);
  return response.json();
}
