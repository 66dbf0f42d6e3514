/** Stands in for the framework where config and checks are tested: they must be usable without it. */
throw new Error("config and checks load the framework; keep it out of lib/config and lib/checks");

export {};
