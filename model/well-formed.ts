const loneSurrogate = /\p{Surrogate}/u;

/** Whether a text is Unicode: half of a surrogate pair can be neither encoded as UTF-8 nor stored. */
export const isWellFormed = (text: string): boolean => !loneSurrogate.test(text);
