/** Where the two services of the engine answer. */
export interface StackAddresses {
  /** `host:port` of the Temporal frontend. */
  readonly temporalAddress: string;
  readonly namespace: string;
  /** Of the Temporal UI; null when it is not known. */
  readonly uiUrl: string | null;
  /** With password: never print or log it. */
  readonly databaseUrl: string;
}
