/** A way to break the engine on purpose. */
export interface Mutant {
  readonly name: string;
  /** Each text stands once in its file; a test sees to it. */
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
  /** What has to be said by whoever finds it. */
  readonly found: RegExp;
}

/** Each breaks one promise, as a mistake in the code would. */
export const mutants: readonly Mutant[] = [
  {
    name: 'intent-after-send',
    edits: [
      {
        file: 'engine/delivery/send.ts',
        find: 'const intent = await ledger.openIntent(start, ref.run, ref.seq, records);',
        replace: `const sent = await write(delivery, { requestId: crypto.randomUUID() } as never, records);
  const intent = await ledger.openIntent(start, ref.run, ref.seq, records);`,
      },
      {
        file: 'engine/delivery/send.ts',
        find: 'outcomes = await write(delivery, intent, records);',
        replace: 'outcomes = sent;',
      },
    ],
    found: /invariant 3, intent first|invariant 4, no double effect/,
  },
  {
    name: 'doubt-forgotten',
    edits: [
      {
        file: 'engine/delivery/send.ts',
        find: "if (failure.effect === 'unknown') {",
        replace: 'if (records.length < 0) {',
      },
    ],
    found: /invariant 4, no double effect/,
  },
  {
    name: 'cursor-early',
    edits: [
      {
        file: 'activities/deliver.ts',
        find: 'const { known, foundIds } = await settleDoubts(delivery, decided);',
        replace: `const { pool } = deps.ledger as never as { pool: { query(text: string, values: unknown[]): Promise<unknown> } };
  await pool.query('update syncline.batches set highest = $3 where run = $1 and seq = $2', [ref.run, ref.seq, batch.highest]);
  const { known, foundIds } = await settleDoubts(delivery, decided);`,
      },
      {
        file: 'platform/ledger/runs/runs.ts',
        find: 'const moves = readsAll(hold.mode) && endedWell(end.status)',
        replace: 'const moves = readsAll(hold.mode)',
      },
    ],
    found: /invariant 2, cursor behind/,
  },
  {
    name: 'fence-dropped',
    edits: [
      {
        file: 'platform/ledger/sql/sql.ts',
        find: 'if (Number(current ?? -1) !== fence) throw fenced(fence, current);',
        replace: 'if (Number(current ?? -1) < 0) throw fenced(fence, current);',
      },
      {
        file: 'platform/ledger/sql/sql.ts',
        find: 'select from held where fence = $2',
        replace: 'select from held where $2::bigint >= 0',
      },
    ],
    found: /invariant|nothing lost/,
  },
  {
    name: 'results-ignored',
    edits: [
      {
        file: 'engine/delivery/send.ts',
        find: 'const judged = await judgeConflicts(delivery, records, outcomes, met + 1);',
        replace: `const really = await judgeConflicts(delivery, records, outcomes, met + 1);
  const judged = really.map((): (typeof really)[number] => ({ state: 'confirmed' }));`,
      },
    ],
    found: /invariant 2, cursor behind|nothing lost/,
  },
  {
    name: 'delete-after-incomplete-fetch',
    edits: [
      {
        file: 'activities/fetch.ts',
        find: `isLast: () => full || endsHere(batch, loaded),
    });`,
        replace: `isLast: () => full || endsHere(batch, loaded),
    }).catch(() => {
      batch.position = null;
    });`,
      },
    ],
    found: /invariant 6, safe deletes/,
  },
  {
    name: 'delete-guard-dropped',
    edits: [
      {
        file: 'activities/remove.ts',
        find: 'if (!skip && !approved) guard(found, limits);',
        replace: 'if (!skip && !approved && found.known < 0) guard(found, limits);',
      },
    ],
    found: /invariant 6, safe deletes/,
  },
  {
    name: 'marker-replayed',
    edits: [
      {
        file: 'engine/delivery/send.ts',
        find: 'const halts = isSystemic(rejects.length, batch.fetched, loaded.policy);',
        replace: `const halts = isSystemic(rejects.length, batch.fetched, loaded.policy);
  if (halts) throw tooManyRejected(rejects.length, batch.fetched);`,
      },
      {
        file: 'engine/delivery/doubts.ts',
        find: "outcome?.state === 'rejected' && !(outcome.code === 'CONFLICT' && read !== undefined);",
        replace: "outcome?.state === 'rejected' && outcome.reason.length < 0 && read !== undefined;",
      },
    ],
    found: /asked for ever|reads succeeded|neither mended nor said/,
  },
  {
    name: 'watermark-uncapped',
    edits: [
      {
        file: 'model/version/watermark.ts',
        find: 'clockOf(version, asOfMs + CLOCK_TOLERANCE_MS);',
        replace: 'Math.max(clockOf(version, asOfMs), Number.POSITIVE_INFINITY);',
      },
      {
        file: 'model/version/watermark.ts',
        find: 'return version.value <= clock ? version : { ...version, value: clock };',
        replace: 'return version.value <= clock || clock >= 0 ? version : { ...version, value: clock };',
      },
    ],
    found: /reads succeeded|neither mended nor said/,
  },
  {
    name: 'sample-of-the-first',
    edits: [
      {
        file: 'model/record/sample.ts',
        find: 'const place = this.kept.length < this.#size ? this.kept.length : Math.floor(this.#draw() * (this.#seen + 1));',
        replace: 'const place = this.#draw() < 0 ? this.#seen : this.kept.length;',
      },
    ],
    found: /lost-flood.*(reads succeeded|neither mended nor said)/,
  },
  {
    name: 'owner-unchecked',
    edits: [
      {
        file: 'model/record/owners.ts',
        find: 'if (owner !== key) taken.set(place, owner);',
        replace: 'if (owner !== key && place < 0) taken.set(place, owner);',
      },
    ],
    found: /(folded-case|stripped-zeros).*(reads succeeded|neither mended nor said)/,
  },
];
