/** Why PostgreSQL would have to guess at a text, or would store another value than it says; undefined when neither. */
export type ValueCheck = (text: string) => string | undefined;
