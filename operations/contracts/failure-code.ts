import { z } from 'zod';
import { failures, isFailureCode } from '../../model/failure/failure.ts';

/** A code of the list of failures. */
export const failureCode = z.enum(Object.keys(failures).filter(isFailureCode));
