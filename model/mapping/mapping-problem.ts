/** Something in a mapping that has to be mended before it may run. */
export interface MappingProblem {
  readonly code:
    | 'FIELD_UNMAPPED'
    | 'FIELD_UNKNOWN'
    | 'SOURCE_UNKNOWN'
    | 'SOURCE_UNUSED'
    | 'UNUSED_BUT_USED'
    | 'TYPE_MISMATCH'
    | 'MISSING_UNDECIDED'
    | 'ENUM_UNCOVERED'
    | 'NOT_REPEATABLE'
    | 'SAMPLE_FAILED';
  /** The field it is about: of the destination, or, for the codes that begin with SOURCE and UNUSED, of the source. */
  readonly field: string;
  readonly message: string;
}
