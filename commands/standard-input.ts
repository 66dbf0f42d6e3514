import { readSync } from "node:fs";

/** What arrives on the standard input, piece by piece, until it ends. */
export function* standardInput(): Generator<Uint8Array> {
  for (let length = -1; length !== 0; ) {
    const buffer = Buffer.alloc(65_536);
    length = readPiece(buffer);
    if (length > 0) yield buffer.subarray(0, length);
  }
}

/** How much was read; 0 at the end, -1 if nothing has arrived yet. */
function readPiece(buffer: Buffer): number {
  try {
    return readSync(0, buffer);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // How Windows says that a pipe has ended.
    if (code === "EOF") return 0;
    if (code !== "EAGAIN") throw error;
    // Somebody who shares the input has made it non-blocking.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    return -1;
  }
}
