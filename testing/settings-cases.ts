import { type Given, objectOf } from './given.ts';

/** What its schemas take and refuse. */
export function settingsCases({ subject, system }: Given): void {
  const schemas = {
    settings: { schema: subject.connector.settings, written: () => system().connection.settings },
    source: { schema: subject.connector.source.options, written: () => system().source },
    destination: { schema: subject.connector.destination.options, written: () => system().destination },
  };
  for (const part of ['settings', 'source', 'destination'] as const) {
    const { schema, written } = schemas[part];
    test(`accepts its ${part} as written`, () => {
      expect(schema.safeParse(written())).toMatchObject({ success: true });
    });
    test(`refuses an unknown key in its ${part}`, () => {
      expect(schema.safeParse({ ...objectOf(written()), notAnOption: 1 }).success).toBe(false);
    });
    for (const key of subject.required[part])
      test(`refuses its ${part} without \`${key}\``, () => {
        const { [key]: _removed, ...rest } = objectOf(written());
        expect(schema.safeParse(rest).success).toBe(false);
      });
  }
}
