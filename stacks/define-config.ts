import type { ConfigInput } from "./config";

/** Gives a config file's value its type, so that the editor and the compiler know its fields. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}
