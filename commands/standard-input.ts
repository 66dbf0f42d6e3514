import { readSync } from "node:fs";

/** Reads the standard input in pieces until it ends. */
export function* standardInput(): Generator<Uint8Array> {
  for (let length = -1; length !== 0; ) {
    const buffer = Buffer.alloc(65_536);
    length = readPiece(buffer);
    if (length > 0) yield buffer.subarray(0, length);
  }
}

/** The number of bytes read: 0 at the end, -1 if none have arrived yet. */
function readPiece(buffer: Buffer): number {
  try {
    return readSync(0, buffer);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Windows reports the end of a pipe this way.
    if (code === "EOF") return 0;
    if (code !== "EAGAIN") throw error;
    // Another process that shares the input has made it non-blocking: wait and read again.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    return -1;
  }
}
