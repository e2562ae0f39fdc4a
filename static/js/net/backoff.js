/** Delays before the next attempt to connect, in milliseconds. */

const STEPS = [500, 1000, 2000, 4000, 8000, 16000, 30000];

/** Returns a random delay within the step, so that a thousand pages that lost a server don't reconnect simultaneously. */
export function backoff(attempt, random = Math.random) {
  return random() * STEPS[Math.min(attempt, STEPS.length - 1)];
}

// An attempt costs a server that doesn't run nothing, and one that has just started can take a thousand in these three seconds.
const RECONNECT_STEPS = [500, 1000, 2000, ...Array(40).fill(3000), ...Array(20).fill(10_000), 30_000];

/** Returns a random delay before connecting again: up to three seconds for the first minute or so, and up to thirty later. */
export function reconnectDelay(attempt, random = Math.random) {
  return random() * RECONNECT_STEPS[Math.min(attempt, RECONNECT_STEPS.length - 1)];
}

/** Returns a delay after a restart: at least `retryAfter` seconds, and then spread over a few seconds. */
export function restartDelay(retryAfter = 0, random = Math.random) {
  return retryAfter * 1000 + 250 + random() * 2000;
}

/** Returns a longer delay if the server was full or closed the connection for flooding, as frequent attempts don't help. */
export function overloadDelay(random = Math.random) {
  return 10000 + random() * 20000;
}
