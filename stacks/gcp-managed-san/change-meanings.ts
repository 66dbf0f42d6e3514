import type { Meanings } from "../../lib/change/meaning";

/** What a change of anything that this scenario makes means to those who use it. */
export const meanings: Meanings = {};
