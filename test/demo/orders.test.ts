import { badKindOf, badKinds, order, positionAt, timeOf } from '../../demo/orders.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe("the demo's orders", () => {
  test('are the same each time they are made', () => {
    expect(order(17, 3, { position: 99 })).toEqual(order(17, 3, { position: 99 }));
    expect(order(17, 3)).not.toEqual(order(17, 4));
  });

  test('are bad in about the share that was asked for, in every kind', () => {
    const found = numbers(20_000).flatMap((n) => badKindOf(n, 0.01) ?? []);
    expect(found.length).toBeGreaterThan(150);
    expect(found.length).toBeLessThan(250);
    expect(new Set(found)).toEqual(new Set(badKinds));
    expect(numbers(1000).some((n) => badKindOf(n, 0) !== undefined)).toBe(false);
    expect(numbers(1000).every((n) => badKindOf(n, 1) !== undefined)).toBe(true);
  });

  test('stay bad through their revisions', () => {
    const n = numbers(20_000).find((candidate) => badKindOf(candidate) === 'missing-email') ?? 0;
    expect(order(n, 0).customer.email).toBeNull();
    expect(order(n, 5).customer.email).toBeNull();
  });

  test('have amounts with the digits of their currency, and totals that add up', () => {
    const digits: Record<string, number> = { JPY: 0, BHD: 3 };
    for (const n of numbers(500)) {
      const sound = order(n, 1, { badShare: 0 });
      const minor = (amount: string) => Number(amount.replace('.', ''));
      expect(minor(sound.total)).toBe(minor(sound.subtotal) - minor(sound.discount) + minor(sound.tax));
      expect(sound.total.split('.')[1]?.length ?? 0).toBe(digits[sound.currency] ?? 2);
    }
  });

  test('carry the time of their place in the shop', () => {
    expect(order(5).updatedAt).toBe(timeOf(4));
    expect(order(5, 1, { position: 70 }).updatedAt).toBe(timeOf(70));
    expect(positionAt(timeOf(70))).toBe(70);
    expect(positionAt('2025-01-01T00:00:00Z')).toBe(0);
    expect(positionAt('yesterday')).toBeNaN();
  });
});
