/** Delays before the next attempt to connect, in milliseconds. */

const STEPS = [500, 1000, 2000, 4000, 8000, 16000, 30000];

/** Returns a random delay within the step, so that a thousand pages that lost a server don't reconnect simultaneously. */
export function backoff(attempt, random = Math.random) {
  return random() * STEPS[Math.min(attempt, STEPS.length - 1)];
}

/** Returns a delay after a restart: at least `retryAfter` seconds, and then spread over a few seconds. */
export function restartDelay(retryAfter = 0, random = Math.random) {
  return retryAfter * 1000 + 250 + random() * 2000;
}

/** Returns a longer delay if the server was full or closed the connection for flooding, as frequent attempts don't help. */
export function overloadDelay(random = Math.random) {
  return 10000 + random() * 20000;
}
