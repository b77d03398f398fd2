import { isoDateTime, map, nullIf, oneOf, to, toIfPresent } from 'syncline';
import { z } from 'zod';

/** PocketBase writes times with a space, and `''` for a text, date or choice that is not set. */
const instant = isoDateTime('yyyy-MM-dd HH:mm:ss.SSSXXX');

const Ticket = z.object({
  id: z.string().length(15),
  title: z.string(),
  priority: z.enum(['low', 'high', '']),
  hours: z.number(),
  open: z.boolean(),
  due: z.string(),
  created: z.string(),
  updated: z.string(),
  collectionId: z.string(),
  collectionName: z.string(),
});

const Row = z.object({
  id: z.string(),
  title: z.string().min(1),
  priority: z.enum(['low', 'high']).nullable(),
  hours: z.number().min(0),
  open: z.boolean(),
  due: z.iso.datetime().nullable(),
  changed: z.iso.datetime(),
});

export const ticket = map(
  Ticket,
  Row,
  (source) => ({
    id: source.id,
    title: source.title,
    priority: to(source.priority, oneOf({ low: 'low', high: 'high', '': null })),
    hours: source.hours,
    open: source.open,
    due: toIfPresent(source.due, nullIf(''), instant),
    changed: to(source.updated, instant),
  }),
  { unused: ['created', 'collectionId', 'collectionName'] },
);
