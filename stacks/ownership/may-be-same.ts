/** Whether two things are one as far as the config tells: what is not stated can be any. */
export function mayBeSame(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}
