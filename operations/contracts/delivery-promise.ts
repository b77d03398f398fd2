import { z } from 'zod';
import { type DeliveryClass, deliveryClasses, deliveryPromise } from '../../model/sync/delivery.ts';

/** What a delivery promises; null when the destination cannot say it without its system. */
export const promise = z.object({ class: z.enum(deliveryClasses), promise: z.string() }).nullable();

export const promiseOf = (delivery: DeliveryClass | undefined) =>
  delivery === undefined ? null : { class: delivery, promise: deliveryPromise[delivery] };
