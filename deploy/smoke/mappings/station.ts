import { integerFrom, map, nullIf, numberFrom, to, toIfPresent, trim } from 'syncline';
import { z } from 'zod';

const Row = z.object({ code: z.string(), name: z.string(), height: z.string(), opened: z.string() });

const Station = z.object({
  code: z.string().min(1),
  name: z.string().min(1),
  height_m: z.number().nullable(),
  opened: z.int(),
});

export const station = map(Row, Station, (row) => ({
  code: row.code,
  name: to(row.name, trim()),
  height_m: toIfPresent(to(row.height, nullIf('')), numberFrom()),
  opened: to(row.opened, integerFrom()),
}));
