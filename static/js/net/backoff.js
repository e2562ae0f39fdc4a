/** Delays before the next attempt to connect, in milliseconds. */

const STEPS = [500, 1000, 2000, 4000, 8000, 16000, 30000];

/** Anywhere within the step: a thousand pages that lost one server must not reconnect in the same moment. */
export function backoff(attempt, random = Math.random) {
  return random() * STEPS[Math.min(attempt, STEPS.length - 1)];
}

/** After a restart: not before the server said (in seconds), then spread over a few seconds. */
export function restartDelay(retryAfter = 0, random = Math.random) {
  return retryAfter * 1000 + 250 + random() * 2000;
}

/** After the server was full or closed the connection for flooding: frequent attempts would make it worse. */
export function overloadDelay(random = Math.random) {
  return 10000 + random() * 20000;
}
